import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { readDatabaseLogin } from '../emitter/database-login';
import { createReader } from './create-reader';
import { parseEnvironment } from './environment';
import { loadSampleTables } from './load-sample-tables';

const secrets = new SecretsManagerClient();

/**
 * The Lambda function behind the resource "sample tables": makes the three tables and the account that reads them.
 *
 * They go with their database; there is nothing to do when the resource is removed.
 */
export async function handler({ RequestType, ResourceProperties }: CloudFormationCustomResourceEvent) {
  if (RequestType === 'Delete') return;
  const { OWNER_SECRET_ARN, READER_SECRET_ARN } = parseEnvironment(process.env);
  const [owner, reader] = await Promise.all([loginIn(OWNER_SECRET_ARN), loginIn(READER_SECRET_ARN)]);
  const administrator = { ...owner, ssl: 'Amazon RDS' };
  await loadSampleTables(administrator, { rows: Number(ResourceProperties['rows']) });
  await createReader(administrator, reader);
}

const loginIn = (secretArn: string) =>
  readDatabaseLogin({ secretArn }, async (SecretId) => {
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    return SecretString;
  });
