import { CheckpointError } from '../shared/errors';
import { type PerStream, perStream, STREAMS } from '../shared/streams';
import type { Checkpoint, Position } from './ports';
import { partsOf, withPart } from './steps';

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

/** A position that knows which shard emits a range: changes of these keys are the shard's to follow until it is done. */
export const withAssigned = (position: Position, shard: number, range: Position): Position =>
  position.steps === undefined || range.endKey === undefined
    ? position
    : withPart(position, { from: range.nextKey, to: range.endKey, shard });

/**
 * A position that has taken over what a shard is done with: from here on changes of these keys are its own to follow.
 *
 * @param range what the shard has committed of the same stream
 * @throws CheckpointError when that is another range or none, so that nobody knows how far it was emitted.
 */
export function withTakenOver(position: Position, shard: number, range: Position): Position {
  // Whatever a shard was assigned stays in its checkpoint, also when it is done with it.
  if (shard < (position.shards ?? 1) && range.endKey === undefined)
    throw lostRangeError(shard, 'a range of keys');
  let taken = position;
  for (const { from, to, shard: holder } of partsOf(position)) {
    if (holder !== shard) continue;
    if (range.endKey !== to) throw lostRangeError(shard, `the keys from ${from} to ${to - 1n}`);
    if (isUnfinished(range)) continue;
    // A shard that has not followed changes leaves a part of which nobody knows as of when it is.
    const own = range.steps === undefined ? [{ from, to }] : partsOf(range);
    taken = withPart(taken, { from, to });
    taken = own.reduce((result, part) => withPart(result, part), taken);
    taken = { ...taken, loss: taken.loss ?? range.loss };
  }
  return taken;
}

const lostRangeError = (shard: number, range: string): CheckpointError =>
  new CheckpointError(
    `Shard ${shard} was assigned ${range}, but its checkpoint, in the consumer group <UserId>.emitter.${shard}, no longer has that range, so nobody knows how many of them were emitted. "npm run verify -- --mend" fixes that.`,
  );

/** A position in which no shard has a range any more. */
export const withoutAssigned = (position: Position): Position =>
  partsOf(position)
    .filter(({ shard }) => shard !== undefined)
    .reduce((result, { from, to }) => withPart(result, { from, to }), position);

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
      startKey: border(share, stream),
    }));
  const assigned = new Map(free.slice(0, shares - 1).map((shard, share) => [shard, rangeOf(share)]));
  const retained = perStream(({ name }) =>
    [...assigned].reduce(
      (position, [shard, range]) => withAssigned(position, shard, range[name]),
      checkpoint[name],
    ),
  );
  return {
    retained: perStream((stream) => ({ ...retained[stream.name], nextKey: border(shares - 1, stream) })),
    assigned,
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
