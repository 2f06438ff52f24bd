import { escapeId } from 'mysql2';
import type { Stream } from '../../shared/streams';
import type { TableRows } from '../ports';

/** Keys that are looked up by one statement. */
const KEYS = 2_000;

/** Up to how many keys of a range, for each one that is wanted, reading all of the range is cheaper than looking keys up. */
const DENSE = 4n;

/**
 * Cuts keys into conditions of statements: look-ups of single keys, or ranges where these are dense. A range has rows
 * that nobody asked for.
 *
 * @param keys ascending, each once
 */
export function keyConditions({ keyColumn }: Stream, keys: BigUint64Array): string[] {
  const column = escapeId(keyColumn);
  return Array.from({ length: Math.ceil(keys.length / KEYS) }, (_, index) => {
    const batch = keys.subarray(index * KEYS, (index + 1) * KEYS);
    const [first, last] = [batch[0] as bigint, batch.at(-1) as bigint];
    return last - first < BigInt(batch.length) * DENSE
      ? `${column} BETWEEN ${first} AND ${last}`
      : `${column} IN (${batch.join()})`;
  });
}

/** The rows of several statements, one after another. */
export function inTurn(
  first: TableRows['batches'],
  others: readonly string[],
  lookUp: (where: string) => Promise<TableRows>,
): TableRows['batches'] {
  let rows = first;
  let at = 0;
  const next = async () => {
    for (;;) {
      const batch = await rows.next();
      const where = others[at];
      if (batch.done !== true || where === undefined) return batch;
      at += 1;
      rows = (await lookUp(where)).batches;
    }
  };
  return { next };
}
