import { type PerStream, perStream, STREAMS } from '../shared/streams';
import type { Checkpoint, Position } from './ports';

/** The fewest keys that are worth a shard's while: with fewer than twice as many the primary keeps all. */
export const SMALLEST_RANGE = 10_000n;

/** Whether a shard has something left to read of a table. */
export const isUnfinished = ({ nextKey, endKey }: Position): boolean =>
  endKey !== undefined && nextKey < endKey;

/** Whether a shard has something left to read of any table. */
export const hasUnfinishedRange = (range: Checkpoint): boolean =>
  STREAMS.some(({ name }) => isUnfinished(range[name]));

/** Counts the shards that may have ranges, the primary among them. A topic that was recreated has forgotten it; the others have not. */
export const assignedShardCount = (checkpoint: Checkpoint): number =>
  Math.max(...STREAMS.map(({ name }) => checkpoint[name].shards ?? 1));

/** Into how many shares a backlog can be cut that are worth it. */
export function rangesWorth(
  checkpoint: Checkpoint,
  ends: PerStream<bigint>,
  smallestRange = SMALLEST_RANGE,
): number {
  const { low, high } = backlogOf(checkpoint, ends);
  return Number((high - low) / smallestRange);
}

/** Division of a backlog. */
export interface Assignment {
  /** The primary's checkpoint from then on. */
  readonly retained: Checkpoint;
  /** Ranges for other shards, by their number. */
  readonly assigned: ReadonlyMap<number, Checkpoint>;
}

/**
 * Cuts what the primary has not read into equal shares by key, one for each free shard and the last one, without an end,
 * for itself. Every table is cut at the same keys, so that the rows of a key stay together, but none beyond its own
 * last key: rows that are yet to come behind it are the primary's.
 *
 * @param ends the key behind the last one of each table
 * @param free the shards that have nothing left to read
 */
export function assignRanges(
  checkpoint: Checkpoint,
  ends: PerStream<bigint>,
  free: readonly number[],
  smallestRange = SMALLEST_RANGE,
): Assignment {
  const shares = Math.min(free.length + 1, rangesWorth(checkpoint, ends, smallestRange));
  if (shares < 2) return { retained: checkpoint, assigned: new Map() };
  const { low, high } = backlogOf(checkpoint, ends);
  const border = (share: number, { name }: { readonly name: keyof Checkpoint }): bigint => {
    const key = low + ((high - low) * BigInt(share)) / BigInt(shares);
    return largest(checkpoint[name].nextKey, smallest(key, ends[name]));
  };
  const rangeOf = (share: number): Checkpoint =>
    perStream((stream) => ({
      nextKey: border(share, stream),
      endKey: border(share + 1, stream),
      unkeyed: '',
    }));
  return {
    retained: perStream((stream) => ({ ...checkpoint[stream.name], nextKey: border(shares - 1, stream) })),
    assigned: new Map(free.slice(0, shares - 1).map((shard, share) => [shard, rangeOf(share)])),
  };
}

/** From the first key that is still to be read of any table to behind the last one of all; a table that is read to its end has no part in it. */
function backlogOf(checkpoint: Checkpoint, ends: PerStream<bigint>): { low: bigint; high: bigint } {
  const behind = STREAMS.filter(({ name }) => checkpoint[name].nextKey < ends[name]);
  return {
    low: smallest(...behind.map(({ name }) => checkpoint[name].nextKey)),
    high: largest(...behind.map(({ name }) => ends[name])),
  };
}

const smallest = (...keys: bigint[]): bigint => keys.reduce((a, b) => (a < b ? a : b), keys[0] ?? 0n);
const largest = (...keys: bigint[]): bigint => keys.reduce((a, b) => (a > b ? a : b), keys[0] ?? 0n);
