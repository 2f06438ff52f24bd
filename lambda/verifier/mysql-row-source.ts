import type { Connection } from 'mysql2';
import { TableError } from '../emitter/errors';
import { rowsOf } from '../emitter/mysql/mysql-connection';
import { databaseError } from '../emitter/mysql/mysql-errors';
import type { Stream } from '../emitter/streams';
import type { FullRow, RowSource } from './ports';
import { fingerprintSql, keySql, quoted, type TableColumn, tableColumn } from './table-columns';
import { NULL, type Value } from './value';

type Fields = readonly (Buffer | null)[];

/** Those of `SELECT *`: a table may hide a column from it. */
const COLUMNS = `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND EXTRA NOT LIKE '%INVISIBLE%' ORDER BY ORDINAL_POSITION`;

const JSON_CHECKS = `SELECT CONSTRAINT_NAME FROM information_schema.CHECK_CONSTRAINTS
  WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ?
  AND CHECK_CLAUSE = CONCAT('json_valid(\`', REPLACE(CONSTRAINT_NAME, '\`', '\`\`'), '\`)')`;

/**
 * The tables of a MariaDB. The database itself writes every value as it should be in a message, and hashes the row, so
 * that one fingerprint a row is all that is transferred.
 *
 * @param connection made by `connectToDatabase`; used for one query after the other, and left open
 */
export function mysqlRowSource(connection: Connection): RowSource {
  const { host, port, database } = connection.config;
  const query = async (sql: string, values?: readonly string[]): Promise<readonly Fields[]> => {
    try {
      return await rowsOf(connection, { sql, ...(values && { values: [...values] }) });
    } catch (error) {
      throw databaseError(error, `${host}:${port}/${database}`);
    }
  };

  const described = new Map<string, TableColumn[]>();
  const describe = async ({ table, keyColumn }: Stream): Promise<TableColumn[]> => {
    const known = described.get(table);
    if (known !== undefined) return known;
    const jsonChecks = (await query(JSON_CHECKS, [table])).map(([name]) => String(name));
    const columns = (await query(COLUMNS, [table])).map(([name, dataType, columnType]) =>
      tableColumn({
        name: String(name),
        dataType: String(dataType),
        columnType: String(columnType),
        hasJsonCheck: jsonChecks.includes(String(name)),
      }),
    );
    if (columns.length === 0)
      throw new TableError(
        `The database ${host}:${port}/${database} has no table ${table}, or this user may not read it.`,
      );
    if (!columns.some(isColumn(keyColumn)))
      throw new TableError(`Table ${table} has no column ${keyColumn}.`);
    described.set(table, columns);
    return columns;
  };
  const keyOf = (stream: Stream, columns: readonly TableColumn[]): string =>
    keySql(columns.find(isColumn(stream.keyColumn)) as TableColumn);

  return {
    columns: describe,
    read: async (stream, onRow) => {
      const columns = await describe(stream);
      const sql = `SELECT ${keyOf(stream, columns)}, ${fingerprintSql(columns)} FROM ${quoted(stream.table)}`;
      await new Promise<void>((resolve, reject) => {
        connection
          .query({ sql })
          .on('result', (row) => {
            const [key, fingerprint] = row as unknown as Fields;
            onRow(key?.toString('latin1') ?? null, String(fingerprint));
          })
          .on('error', (error) => reject(databaseError(error, `${host}:${port}/${database}`)))
          .on('end', resolve);
      });
    },
    rowsWithKey: async (stream, key) => {
      const columns = await describe(stream);
      const values = columns.map(({ sql }) => sql).join(', ');
      const rows = await query(
        `SELECT ${fingerprintSql(columns)}, ${values} FROM ${quoted(stream.table)} WHERE ${quoted(stream.keyColumn)} = ${BigInt(key)}`,
      );
      return rows.map(
        ([fingerprint, ...texts]): FullRow => ({
          fingerprint: String(fingerprint),
          values: texts.map(
            (text, index): Value =>
              text === null ? NULL : { kind: (columns[index] as TableColumn).kind, text: text.toString() },
          ),
        }),
      );
    },
  };
}

/** Names of columns are the same in upper and lower case. */
const isColumn =
  (wanted: string) =>
  ({ name }: TableColumn): boolean =>
    name.toLowerCase() === wanted.toLowerCase();
