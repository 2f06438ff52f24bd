import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import * as z from 'zod';
import { readDatabaseLogin } from '../shared/database-login';
import { withDatabase } from '../shared/mysql/with-database';
import { readSecret } from '../shared/read-secret';
import { createReader } from './create-reader';
import { parseEnvironment } from './environment';
import { keepLog } from './keep-log';
import { loadSampleTables } from './load-sample-tables';

/** CloudFormation passes numbers as text. */
const rowsSchema = z.coerce.number('allowed: the number of rows in each table').int().min(0);

/**
 * Handles the custom resource "sample tables": creates the three tables and the emitter's account, and makes RDS keep its log.
 *
 * A second run creates the same tables again. An update with the same number of rows leaves the tables alone, because
 * somebody may have added rows. The tables are deleted with their database, so a delete event needs nothing.
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
  await withDatabase(owner, DATABASE_TLS, async (connection) => {
    await keepLog(connection);
    await createReader(connection, reader, DATABASE_TLS !== 'off');
  });
}

const loginIn = (secretArn: string) => readDatabaseLogin({ secretArn }, readSecret);
