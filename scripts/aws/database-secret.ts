import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type DatabaseLogin, readDatabaseLogin } from '../../lambda/shared/database-login';
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

/** A version of the secret. */
export interface StoredLogin {
  readonly secretArn: string;
  readonly versionId: string;
}

/**
 * Makes a login the one that the emitter has, in the fields that a secret of RDS has.
 *
 * @throws AwsError when the secret is not deployed, or may not be written.
 */
export async function storeDatabaseLogin(
  { account, config }: DeployedPipeline,
  { host, port, database, user, password }: DatabaseLogin,
): Promise<StoredLogin> {
  const { secretArn } = await stackOutputs(account, config.userId, 'RdsAccess');
  const secrets = new SecretsManagerClient(account.client);
  const SecretString = JSON.stringify({
    engine: 'mariadb',
    host,
    port,
    dbname: database,
    username: user,
    password,
  });
  const { VersionId = '' } = await awsCall('secretsmanager:PutSecretValue', () =>
    secrets.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString })),
  );
  return { secretArn, versionId: VersionId };
}
