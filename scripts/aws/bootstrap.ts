import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AwsAccount } from './aws-account';
import { awsCall, isAwsError } from './aws-call';

/** Where "cdk bootstrap" leaves the version of what it has made, with the qualifier that the CDK has by default. */
const VERSION_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

/** Whether "cdk bootstrap" has been run in the account and region. */
export async function isBootstrapped({ client }: Pick<AwsAccount, 'client'>): Promise<boolean> {
  try {
    await awsCall('ssm:GetParameter', () =>
      new SSMClient(client).send(new GetParameterCommand({ Name: VERSION_PARAMETER })),
    );
    return true;
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound')) return false;
    throw error;
  }
}
