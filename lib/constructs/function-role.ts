import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Properties of a {@link FunctionRole}. */
export interface FunctionRoleProps {
  /** Log group that the function may write to. It may write to no other one. */
  readonly logGroup: logs.ILogGroup;
  /** Whether Lambda may connect the function to a VPC. */
  readonly inVpc: boolean;
}

/** Role of a function. It has none of AWS's managed policies, because they allow writing to every log group. */
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
      reason: 'Lambda creates the network interfaces, so their ids are not known. X-Ray has no resources.',
    });
  }
}
