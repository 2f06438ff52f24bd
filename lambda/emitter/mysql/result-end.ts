import { type Connection, escapeId } from 'mysql2';
import { UnreachableError } from '../../shared/errors';
import { LARGEST_KEY } from '../../shared/largest-key';
import { rowsOf } from '../../shared/mysql/rows-of';
import type { Stream } from '../../shared/streams';

/** The least number of rows that a result must have, counted in the same snapshot. */
export interface ResultEnd {
  readonly rows: number;
  /** Count only the rows with this key, with which the result ends. @default all rows */
  readonly lastKey?: bigint;
  /** Which rows these are, for an error. @default those with the last key */
  readonly which?: string;
}

/**
 * Proves that a result was not cut off: the protocol has no difference between the end of a result and one that a limit
 * of the server, or something on the way, has put there.
 */
export class EndProof {
  private seen = 0;

  constructor(
    private readonly table: string,
    private readonly end: ResultEnd,
  ) {}

  /**
   * Takes the next rows of the result, which are in the order of their keys where {@link ResultEnd.lastKey} is given.
   *
   * @param keyOf the key of each of them, by its place among them
   */
  see(count: number, keyOf: (index: number) => bigint | undefined): void {
    const { lastKey } = this.end;
    if (lastKey === undefined) this.seen += count;
    else for (let at = count; at-- > 0 && keyOf(at) === lastKey; ) this.seen += 1;
  }

  /** @throws UnreachableError when rows are missing at the end. */
  prove(): void {
    const { rows, lastKey, which = `with its last key ${lastKey}` } = this.end;
    if (this.seen >= rows) return;
    throw new UnreachableError(
      `The database ended the result of table ${this.table} early: only ${this.seen} of ${rows} rows ${which} came. No row was passed over.`,
    );
  }
}

/** The last key of a range, and how many rows have it; no rows for an empty range. */
export async function endOf(
  connection: Connection,
  { table, keyColumn }: Stream,
  from: bigint,
  to = LARGEST_KEY + 1n,
): Promise<ResultEnd> {
  const key = escapeId(keyColumn);
  const last = `SELECT MAX(${key}) FROM ${escapeId(table)} WHERE ${key} BETWEEN ${from} AND ${to - 1n}`;
  const [[lastKey, rows] = []] = await rowsOf(connection, {
    sql: `SELECT ${key}, COUNT(*) FROM ${escapeId(table)} WHERE ${key} = (${last}) GROUP BY ${key}`,
  });
  return lastKey ? { lastKey: BigInt(lastKey.toString()), rows: Number(rows) } : { rows: 0 };
}
