import { CfnResource, type IAspect, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';

/**
 * Gives the functions of the CDK's core a log group with a retention period, for example the function that empties the
 * default security group.
 *
 * They take no log group as an argument. Lambda would create one that never expires and that outlives the stack.
 */
export class LogsOfCdkFunctions implements IAspect {
  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || node.cfnResourceType !== 'AWS::Lambda::Function') return;
    // Functions of the construct library set their log group themselves.
    if (node instanceof lambda.CfnFunction) return;
    const { logGroupName } = new logs.LogGroup(Stack.of(node), `${node.node.scope?.node.id}Logs`, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    node.addPropertyOverride('LoggingConfig', { LogGroup: logGroupName });
  }
}
