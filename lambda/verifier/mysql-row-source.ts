import type { Connection } from 'mysql2';
import { SessionError, TableError, UnreachableError } from '../shared/errors';
import { isInteger } from '../shared/mysql/mysql-columns';
import { databaseError } from '../shared/mysql/mysql-errors';
import { RowQueue } from '../shared/mysql/row-queue';
import { fieldsOf, rowsOf } from '../shared/mysql/rows-of';
import { beginSnapshot, endSnapshot } from '../shared/mysql/session';
import type { Stream } from '../shared/streams';
import type { FullRow, RowSource } from './ports';
import { fingerprintSql, keySql, quoted, type TableColumn, tableColumn } from './table-columns';
import { NULL, type Value } from './value';

/** The least `max_allowed_packet` with which the database can hash every row that fits a message: bytes are twice as long as hexadecimal digits. */
const LEAST_PACKET_BYTES = 2 * 1_048_576;

/**
 * The tables of a MariaDB or MySQL. The database itself writes every value as it should be in a message, and hashes the
 * row, so that one fingerprint a row is all that is transferred. It also counts the rows, in the same snapshot: a result
 * that a limit of the server ends early is an error.
 *
 * @param connection made by `connectToDatabase`; used for one query after the other, and left open
 */
export function mysqlRowSource(connection: Connection): RowSource {
  const { host, port, database } = connection.config;
  const place = `${host}:${port}/${database}`;

  const described = new Map<string, TableColumn[]>();
  const describe = async ({ table, keyColumn }: Stream): Promise<TableColumn[]> => {
    const known = described.get(table);
    if (known !== undefined) return known;
    const fields = await fieldsOf(connection, { sql: `SELECT * FROM ${quoted(table)} LIMIT 0` });
    const key = fields.find(({ name }) => isNamed(keyColumn, name));
    if (key === undefined || !isInteger(key))
      throw new TableError(
        `Table ${table} has no column ${keyColumn} of an integer type that SELECT * shows.`,
      );
    const columns = fields.map(tableColumn);
    described.set(table, columns);
    return columns;
  };
  const keyOf = (stream: Stream, columns: readonly TableColumn[]): string =>
    keySql(columns.find(({ name }) => isNamed(stream.keyColumn, name)) as TableColumn);

  const inSnapshot = async <T>(stream: Stream, work: () => Promise<T>): Promise<T> => {
    try {
      await beginSnapshot(connection);
      const result = await work();
      await endSnapshot(connection);
      return result;
    } catch (error) {
      throw databaseError(error, place, stream.table);
    }
  };

  return {
    columns: (stream) =>
      inSnapshot(stream, async () => {
        await requirePacketSize(connection, place);
        return await describe(stream);
      }),
    read: (stream, onRow) =>
      inSnapshot(stream, async () => {
        const columns = await describe(stream);
        const table = quoted(stream.table);
        const [[count] = []] = await rowsOf(connection, { sql: `SELECT COUNT(*) FROM ${table}` });
        const sql = `SELECT ${keyOf(stream, columns)}, ${fingerprintSql(columns)} FROM ${table}`;
        let rows = 0;
        for await (const batch of batchesOf(new RowQueue(connection, sql))) {
          rows += batch.length;
          for (const [key, fingerprint] of batch) onRow(key?.toString('latin1') ?? null, String(fingerprint));
        }
        if (rows < Number(count))
          throw new UnreachableError(
            `The database returned ${rows} rows of table ${stream.table}, but counts ${count} at the same moment.`,
          );
      }),
    rowsWithKey: (stream, key) =>
      inSnapshot(stream, async () => {
        const columns = await describe(stream);
        const values = columns.map(({ sql }) => sql).join(', ');
        const rows = await rowsOf(connection, {
          sql: `SELECT ${fingerprintSql(columns)}, ${values} FROM ${quoted(stream.table)} WHERE ${quoted(stream.keyColumn)} = ${BigInt(key)}`,
        });
        return rows.map(
          ([fingerprint, ...texts]): FullRow => ({
            fingerprint: String(fingerprint),
            values: texts.map(
              (text, index): Value =>
                text === null ? NULL : { kind: (columns[index] as TableColumn).kind, text: text.toString() },
            ),
          }),
        );
      }),
  };
}

const batchesOf = (queue: RowQueue) => ({ [Symbol.asyncIterator]: () => queue });

/** Names of columns are the same in upper and lower case. */
const isNamed = (wanted: string, name: string): boolean => name.toLowerCase() === wanted.toLowerCase();

/** Refuses a server that would make NULL of long texts. */
async function requirePacketSize(connection: Connection, place: string): Promise<void> {
  const [[bytes] = []] = await rowsOf(connection, { sql: 'SELECT @@SESSION.max_allowed_packet' });
  if (Number(bytes) >= LEAST_PACKET_BYTES) return;
  throw new SessionError(
    `max_allowed_packet of ${place} is ${bytes}: the database needs at least ${LEAST_PACKET_BYTES} to hash the rows that are compared. An administrator can set it: SET GLOBAL max_allowed_packet = 16777216.`,
  );
}
