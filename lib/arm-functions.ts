import { CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Makes every function run on arm64, including those that the CDK adds. Lambda charges a fifth less for it. */
export class ArmFunctions implements IAspect {
  visit(node: IConstruct): void {
    if (CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::Lambda::Function') {
      node.addPropertyOverride('Architectures', ['arm64']);
    }
  }
}
