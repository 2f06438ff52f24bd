import type { Position } from '../ports';

/** A committed offset of Kafka: the offset, and a text beside it. */
export interface CommittedOffset {
  readonly offset: string;
  readonly metadata: string;
}

/** The words that a position's metadata is made of; each may be missing. */
const WORDS =
  /^(?<keyless>\d+-[0-9a-f]+)? ?(?:end=(?<endKey>\d+))? ?(?:shards=(?<shards>\d+))? ?(?:run=(?<run>\S+))?$/;

/**
 * A position as Kafka keeps it, for a consumer group on partition 0 of the stream's topic. All of it is in the one
 * offset, so that whoever deletes the topic deletes whatever was known of its table, and of no other.
 */
export const committedOf = ({ nextKey, keyless, endKey, shards = 1, run }: Position): CommittedOffset => ({
  offset: `${nextKey}`,
  metadata: [
    ...(keyless === '' ? [] : [keyless]),
    ...(endKey === undefined ? [] : [`end=${endKey}`]),
    ...(shards === 1 ? [] : [`shards=${shards}`]),
    ...(run === undefined ? [] : [`run=${run}`]),
  ].join(' '),
});

/** Reads what {@link committedOf} made; where nothing was ever committed, the offset is -1. */
export function positionOf({ offset, metadata }: { offset: string; metadata: string | null }): Position {
  const { keyless = '', endKey, shards, run } = WORDS.exec(metadata ?? '')?.groups ?? {};
  return {
    nextKey: offset === '-1' ? 0n : BigInt(offset),
    keyless,
    ...(endKey !== undefined && { endKey: BigInt(endKey) }),
    ...(shards !== undefined && { shards: Number(shards) }),
    ...(run !== undefined && { run }),
  };
}
