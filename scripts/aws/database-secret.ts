import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type DatabaseLogin, readDatabaseLogin } from '../../lambda/emitter/database-login';
import { awsCall } from './aws-call';
import type { DeployedPipeline } from './deployed-pipeline';
import { stackOutputs } from './stack-outputs';

/**
 * Reads the login that the emitter has, out of its secret. Holds a password.
 *
 * @throws AwsError when it is not deployed, or may not be read.
 * @throws ConfigurationError naming the field that is wrong, and never the password.
 */
export async function databaseLogin({ account, config }: DeployedPipeline): Promise<DatabaseLogin> {
  const { secretArn } = await stackOutputs(account, config.userId, 'RdsAccess');
  const secrets = new SecretsManagerClient(account.client);
  const { SecretString } = await awsCall('secretsmanager:GetSecretValue', () =>
    secrets.send(new GetSecretValueCommand({ SecretId: secretArn })),
  );
  return await readDatabaseLogin({ secretArn }, async () => SecretString);
}
