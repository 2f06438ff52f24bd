import type { Connection } from 'mysql2';
import { databaseError } from '../../lambda/shared/mysql/mysql-errors';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { STREAMS } from '../../lambda/shared/streams';
import { quoted } from '../../lambda/verifier/table-columns';

/**
 * Checks that the three tables and their key columns can be read.
 *
 * @param place of the database, for messages
 * @throws PipelineError naming the table that cannot.
 */
export async function checkTables(connection: Connection, place: string): Promise<void> {
  for (const { table, keyColumn } of STREAMS) {
    const sql = `SELECT ${quoted(keyColumn)}, t.* FROM ${quoted(table)} t LIMIT 0`;
    await rowsOf(connection, { sql }).catch((error) => {
      throw databaseError(error, place, table);
    });
  }
}

/** Lists the privileges of a connection's login that the emitter does not need. */
export async function needlessPrivileges(connection: Connection): Promise<string[]> {
  const grants = await rowsOf(connection, { sql: 'SHOW GRANTS' });
  return needlessOf(grants.map(([grant]) => String(grant)));
}

/** Lists what is beyond reading tables and log in the answer of `SHOW GRANTS`, whose lines may hold the hash of a password. */
export function needlessOf(grants: readonly string[]): string[] {
  const privileges = grants.flatMap((grant) => {
    const [, list = ''] = /^GRANT (.+?) ON /.exec(grant) ?? [];
    const withoutColumns = list.replaceAll(/\s*\([^)]*\)/g, '');
    return [...withoutColumns.split(', '), ...(/ WITH GRANT OPTION$/.test(grant) ? ['GRANT OPTION'] : [])];
  });
  return [...new Set(privileges)].filter((privilege) => !READING.has(privilege));
}

const READING: ReadonlySet<string> = new Set([
  '',
  'USAGE',
  'SELECT',
  'SHOW VIEW',
  'SHOW DATABASES',
  'REPLICATION SLAVE',
]);
