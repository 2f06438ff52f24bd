import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsAccount } from './aws-account';
import { awsCall } from './aws-call';

/** The id of the account that one is signed in to, twelve digits. */
export async function accountId({ client }: Pick<AwsAccount, 'client'>): Promise<string> {
  const { Account } = await awsCall('sts:GetCallerIdentity', () =>
    new STSClient(client).send(new GetCallerIdentityCommand()),
  );
  return Account ?? '';
}
