import { CfnResource, type IAspect, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IConstruct } from 'constructs';

/**
 * Gives the functions of CDK's core, such as the one that empties the default security group, a log group that forgets.
 *
 * They take none as an argument, and Lambda by itself would make one that is kept for ever, also after the stack.
 */
export class LogsOfCdkFunctions implements IAspect {
  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || node.cfnResourceType !== 'AWS::Lambda::Function') return;
    // Those of a construct library say themselves where they log to.
    if (node instanceof lambda.CfnFunction) return;
    const { logGroupName } = new logs.LogGroup(Stack.of(node), `${node.node.scope?.node.id}Logs`, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    node.addPropertyOverride('LoggingConfig', { LogGroup: logGroupName });
  }
}
