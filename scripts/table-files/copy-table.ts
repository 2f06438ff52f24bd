import type { Connection } from 'mysql2';
import { UnemittableRowError } from '../../lambda/emitter/messages';
import { ConfigurationError } from '../../lambda/shared/errors';
import { columnOf } from '../../lambda/shared/mysql/mysql-columns';
import { RowQueue } from '../../lambda/shared/mysql/row-queue';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import type { Column, Row } from '../../lambda/shared/rows';
import type { Stream } from '../../lambda/shared/streams';
import { quoted } from '../../lambda/verifier/table-columns';
import { grouped } from '../terminal/grouped';
import type { Step } from '../terminal/progress';
import { TABLE_FORMATS, type TableFormatName } from './table-formats';
import type { Append } from './write-together';

/** Rows at the beginning of a table that are kept to be shown. */
const EXAMPLES = 2;

/** Options of a copy. */
export interface TableCopyOptions {
  readonly format: TableFormatName;
  /** Most rows, those with the smallest keys. @default all, in no order */
  readonly limit?: number;
  readonly append: Append;
  readonly step: Step;
}

/** Result of a copy. */
export interface TableCopy {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** The first rows. */
  readonly examples: readonly Row[];
}

/** Counts the rows of a table, which reads an index of it from end to end. */
export async function countRows(connection: Connection, { table }: Stream): Promise<number> {
  const [[count] = []] = await rowsOf(connection, { sql: `SELECT COUNT(*) FROM ${quoted(table)}` });
  return Number(count);
}

/**
 * Copies the rows of a table, held back by TCP where they cannot be written as fast.
 *
 * @throws ConfigurationError for a row that cannot be written in this format.
 */
export async function copyTable(
  connection: Connection,
  { table, keyColumn }: Stream,
  { format, limit, append, step }: TableCopyOptions,
): Promise<TableCopy> {
  const first = limit === undefined ? '' : ` ORDER BY ${quoted(keyColumn)} LIMIT ${limit}`;
  const queue = new RowQueue(connection, `SELECT * FROM ${quoted(table)}${first}`);
  const columns = (await queue.fields).map(columnOf);
  const writer = TABLE_FORMATS[format](columns);
  await append(writer.head);
  let rows = 0;
  const examples: Row[] = [];
  for (let next = await queue.next(); !next.done; next = await queue.next()) {
    try {
      await append(writer.rows(next.value));
    } catch (error) {
      if (!(error instanceof UnemittableRowError)) throw error;
      const before = grouped(rows);
      throw new ConfigurationError(
        `Table ${table} cannot be written as ${format}: one of the rows after the first ${before} cannot: ${error.message}.`,
        { cause: error },
      );
    }
    examples.push(...next.value.slice(0, EXAMPLES - examples.length));
    rows += next.value.length;
    step.advance(next.value.length);
  }
  return { rows, columns, examples };
}
