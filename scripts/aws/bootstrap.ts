import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { AwsAccount } from './aws-account';
import { awsCall, isAwsError } from './aws-call';

/** Parameter with the version of the bootstrap stack, for the CDK's default qualifier. */
const VERSION_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

/** Tells whether the account and region are bootstrapped for the CDK. */
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
