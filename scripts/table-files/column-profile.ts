import type { Connection } from 'mysql2';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import type { Column } from '../../lambda/shared/rows';
import { quoted } from '../../lambda/verifier/table-columns';

/** Most characters of a text that are read as the smallest or the largest value of a column. */
export const MAX_PROFILE_CHARACTERS = 200;

/** Statistics of a column's values. */
export interface ColumnProfile {
  readonly nulls: number;
  /** Number of different values besides NULL; texts differ if a byte does. */
  readonly distinct: number;
  /** The smallest value, of texts the first characters of it; `null` where there is none, or values have no order. */
  readonly min: string | null;
  readonly max: string | null;
}

/**
 * Has the database look at every value of a table, in one reading of it.
 *
 * @returns a profile for each column, in their order.
 */
export async function profileColumns(
  connection: Connection,
  table: string,
  columns: readonly Column[],
): Promise<ColumnProfile[]> {
  await rowsOf(connection, { sql: BOUNDED_MEMORY });
  const [values = []] = await rowsOf(connection, { sql: profileSql(table, columns) });
  const texts = values.map((value) => value?.toString() ?? null);
  return columns.map((_, index) => {
    const [nulls, distinct, min = null, max = null] = texts.slice(index * 4, index * 4 + 4);
    return { nulls: Number(nulls), distinct: Number(distinct), min, max };
  });
}

/** The types of a table's columns as the database writes them, such as `int(8) unsigned`, by the names of the columns. */
export async function columnTypes(connection: Connection, table: string): Promise<Map<string, string>> {
  const rows = await rowsOf(connection, {
    sql: 'SELECT COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    values: [table],
  });
  return new Map(rows.map(([name, type]) => [String(name), String(type)]));
}

/** The server sorts the different values of each column in that much memory, 4 MiB, and beyond it on its disk. */
const BOUNDED_MEMORY = 'SET tmp_table_size = 4194304, max_heap_table_size = 4194304';

/** SQL: one row with, for each column, its NULLs, its distinct values, the smallest and the largest. */
export function profileSql(table: string, columns: readonly Column[]): string {
  const values = columns.flatMap(({ name, kind }) => {
    const column = quoted(name);
    return [
      `COUNT(*) - COUNT(${column})`,
      ...{
        number: [`COUNT(DISTINCT ${column})`, `MIN(${column})`, `MAX(${column})`],
        datetime: [`COUNT(DISTINCT ${column})`, `MIN(${column})`, `MAX(${column})`],
        timestamp: [`COUNT(DISTINCT ${column})`, `MIN(${column})`, `MAX(${column})`],
        text: [hashes(column), firstOf(`MIN(${column})`), firstOf(`MAX(${column})`)],
        json: [hashes(column), 'NULL', 'NULL'],
        binary: [hashes(column), 'NULL', 'NULL'],
      }[kind],
    ];
  });
  return `SELECT ${values.join(', ')} FROM ${quoted(table)}`;
}

/** Sixteen bytes a value instead of all of it; by bytes, as "a" and "A" are the same to most columns. */
const hashes = (column: string): string => `COUNT(DISTINCT LEFT(UNHEX(SHA2(${column}, 256)), 16))`;

const firstOf = (text: string): string => `LEFT(${text}, ${MAX_PROFILE_CHARACTERS})`;
