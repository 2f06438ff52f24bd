import type { Connection } from 'mysql2';
import { rowsOf } from '../../shared/mysql/rows-of';
import type { Stream } from '../../shared/streams';

/**
 * The indexes that begin with the whole key column, those that follow its order before others, the primary key first.
 * The server need not take them: which it ignores, MariaDB and MySQL tell in columns of different names.
 */
export async function indexesOf(connection: Connection, { table, keyColumn }: Stream): Promise<string[]> {
  const rows = await rowsOf(connection, {
    sql: `SELECT INDEX_NAME FROM information_schema.STATISTICS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = ? AND SEQ_IN_INDEX = 1
          AND INDEX_TYPE = 'BTREE' AND SUB_PART IS NULL
          ORDER BY COLLATION = 'D', INDEX_NAME <> 'PRIMARY', NON_UNIQUE, INDEX_NAME`,
    values: [table, keyColumn],
  });
  return rows.map(([name]) => String(name));
}

/** The index that a query was told to use is ignored (MariaDB), invisible (MySQL), or was just dropped. */
const ER_KEY_DOES_NOT_EXIST = 1176;

/** Rethrows any other error than that an index cannot be used. */
export function unlessUnusable(error: Error & { readonly errno?: number }): undefined {
  if (error.errno !== ER_KEY_DOES_NOT_EXIST) throw error;
}
