import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import * as z from 'zod';
import { readDatabaseLogin } from '../shared/database-login';
import { breakConnection, connectToDatabase } from '../shared/mysql/mysql-connection';
import { readSecret } from '../shared/read-secret';
import { createReader } from './create-reader';
import { parseEnvironment } from './environment';
import { loadSampleTables } from './load-sample-tables';

/** CloudFormation hands numbers over as text. */
const rowsSchema = z.coerce.number('allowed: the number of rows in each table').int().min(0);

/**
 * The Lambda function behind the resource "sample tables": makes the three tables and the account that reads them.
 *
 * Done again, it makes them again, alike. An update that asks for as many rows as there were leaves the tables alone,
 * for they may have been added to. They go with their database; there is nothing to do when the resource is removed.
 *
 * @throws Error without a password in it, which CloudFormation shows as the reason of a failed deployment.
 */
export async function handler(event: CloudFormationCustomResourceEvent): Promise<void> {
  if (event.RequestType === 'Delete') return;
  const { OWNER_SECRET_ARN, READER_SECRET_ARN, DATABASE_TLS } = parseEnvironment(process.env);
  const rows = rowsSchema.parse(event.ResourceProperties['rows']);
  const [owner, reader] = await Promise.all([loginIn(OWNER_SECRET_ARN), loginIn(READER_SECRET_ARN)]);
  const asBefore = event.RequestType === 'Update' && Number(event.OldResourceProperties['rows']) === rows;
  if (!asBefore) await loadSampleTables(owner, { rows, tls: DATABASE_TLS });
  const connection = await connectToDatabase(owner, DATABASE_TLS);
  try {
    await createReader(connection, reader, DATABASE_TLS !== 'off');
  } finally {
    breakConnection(connection);
  }
}

const loginIn = (secretArn: string) => readDatabaseLogin({ secretArn }, readSecret);
