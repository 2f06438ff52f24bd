import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Properties of a {@link FunctionRole}. */
export interface FunctionRoleProps {
  /** The only log group that the function may write to. */
  readonly logGroup: logs.ILogGroup;
  /** Whether Lambda may connect the function to a VPC. */
  readonly inVpc: boolean;
}

/** The role of a function, without AWS's managed policies, which let it write to every log group. */
export class FunctionRole extends iam.Role {
  constructor(scope: Construct, id: string, { logGroup, inVpc }: FunctionRoleProps) {
    super(scope, id, { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this);
    if (!inVpc) return;

    this.addToPolicy(
      new iam.PolicyStatement({
        sid: 'NetworkInterfaces',
        // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
        actions: [
          'ec2:AssignPrivateIpAddresses',
          'ec2:CreateNetworkInterface',
          'ec2:DeleteNetworkInterface',
          'ec2:DescribeNetworkInterfaces',
          'ec2:DescribeSubnets',
          'ec2:UnassignPrivateIpAddresses',
        ],
        resources: ['*'],
      }),
    );
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Lambda makes the network interfaces itself, and X-Ray has no resources to name.',
    });
  }
}
