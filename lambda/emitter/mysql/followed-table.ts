import { type Connection, escapeId } from 'mysql2';
import { rowsOf } from '../../shared/mysql/rows-of';
import type { Stream } from '../../shared/streams';
import type { Refusal, SnapshotPoint } from './snapshot-position';

/** Facts about a table by which the keys of its rows are found in the log. */
export interface FollowedTable {
  /** The database that it is in, in lower case. */
  readonly schema: string;
  /** Its name, in lower case. */
  readonly name: string;
  /** The name of the key column, in lower case. */
  readonly keyColumn: string;
  /** Index of the key column in a row of the log. */
  readonly keyIndex: number;
  readonly isUnsigned: boolean;
  /** Columns of a row in the log. Absent where the server does not show all of them. */
  readonly columnCount?: number | undefined;
}

/** Facts about the snapshot that is open of a stream's table, up to which the log is read. */
export interface SnapshotFacts {
  readonly point: SnapshotPoint;
  readonly table: FollowedTable;
}

/**
 * Facts about the snapshot that is open of a stream's table.
 *
 * @returns a refusal when changes of the table cannot be followed.
 */
export async function snapshotFacts(
  connection: Connection,
  stream: Stream,
  point: SnapshotPoint | Refusal,
): Promise<SnapshotFacts | Refusal> {
  if ('refused' in point) return point;
  const table = await followedTable(connection, stream, point);
  return 'refused' in table ? table : { point, table };
}

/**
 * Looks at a stream's table in the snapshot that is open.
 *
 * @returns a refusal when the log would not show every change of the table.
 */
async function followedTable(
  connection: Connection,
  { table, keyColumn }: Stream,
  { rowImage, logsCascades }: Pick<SnapshotPoint, 'rowImage' | 'logsCascades'>,
): Promise<FollowedTable | Refusal> {
  const refuse = (reason: string): Refusal => ({ refused: 'table', reason });
  const [row = []] = await rowsOf(connection, {
    sql: READ_TABLE,
    values: [keyColumn, keyColumn, keyColumn, keyColumn, table],
  });
  const [schema, kind, engine, position, type, extra, keyKind, count] = row.map((value) =>
    String(value ?? ''),
  );
  if (schema === undefined || schema === '') return refuse(`there is no table ${table}`);
  if (kind === 'VIEW') return refuse(`${table} is a view: the log has changes of the tables under it`);
  if (engine !== 'InnoDB') return refuse(`${table} has engine ${engine}, which has no snapshots`);
  if (position === '') return refuse(`${table} has no column ${keyColumn}`);
  if (/VIRTUAL/i.test(extra ?? ''))
    return refuse(`column ${keyColumn} of ${table} is computed and not stored`);
  if (rowImage === 'MINIMAL' && keyKind !== 'PRI')
    return refuse(
      `binlog_row_image is MINIMAL, and column ${keyColumn} of ${table} is not in its primary key`,
    );
  if (!logsCascades) {
    const constraint = await cascadeOf(connection, table);
    if (constraint !== undefined)
      return refuse(`foreign key ${constraint} of ${table} changes rows, which the log does not show`);
  }
  return {
    schema: schema.toLowerCase(),
    name: table,
    keyColumn,
    keyIndex: Number(position) - 1,
    isUnsigned: /unsigned/i.test(type ?? ''),
    // Rows in the log have the two columns of its periods, whether they are hidden or not.
    columnCount: kind === 'SYSTEM VERSIONED' ? undefined : Number(count),
  };
}

const READ_TABLE = `SELECT MIN(t.TABLE_SCHEMA), MIN(t.TABLE_TYPE), MIN(t.ENGINE), ${[
  'ORDINAL_POSITION',
  'COLUMN_TYPE',
  'EXTRA',
  'COLUMN_KEY',
]
  .map((column) => `MIN(CASE WHEN c.COLUMN_NAME = ? THEN c.${column} END)`)
  .join(', ')}, COUNT(*)
  FROM information_schema.TABLES t JOIN information_schema.COLUMNS c
    ON c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = t.TABLE_NAME
  WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?`;

/** A clause of SHOW CREATE TABLE, each of which has a line of its own. */
const CASCADE =
  /^ *CONSTRAINT `((?:[^`]|``)+)` FOREIGN KEY .*\bON (?:DELETE|UPDATE) (?:CASCADE|SET NULL|SET DEFAULT)\b/m;

/** The constraint by which the server changes rows of a table itself. A login with SELECT alone finds it nowhere else. */
async function cascadeOf(connection: Connection, table: string): Promise<string | undefined> {
  const [[, definition] = []] = await rowsOf(connection, { sql: `SHOW CREATE TABLE ${escapeId(table)}` });
  return CASCADE.exec(String(definition))?.[1];
}
