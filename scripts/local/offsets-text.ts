import { partsOf } from '../../lambda/emitter/steps';
import type { OffsetRange } from '../../lambda/verifier/read-offset-ranges';
import { textTable } from '../terminal/text-table';
import type { StoredCheckpoint } from './checkpoints';

/** Formats the checkpoints of the emitter's shards, and the ends of all partitions. No line break at the end. */
export function offsetsText(checkpoints: readonly StoredCheckpoint[], ends: readonly OffsetRange[]): string {
  const rows = checkpoints.flatMap((checkpoint) => {
    const [first = '', ...others] = notesOn(checkpoint);
    const { group, topic, nextKey } = checkpoint;
    return [[group, topic, nextKey, first], ...others.map((note) => ['', '', '', note])];
  });
  return [
    ...(rows.length === 0
      ? ['The emitter has no checkpoint yet.']
      : textTable(
          [['group', 'topic', 'next key', 'keys, and as of when their records are'], ...rows],
          [0, 1, 3],
        )),
    '',
    ...textTable([
      ['topic', 'partition', 'end offset'],
      ...ends.map(({ topic, partition, to }) => [topic, `${partition}`, `${to}`]),
    ]),
  ].join('\n');
}

/** Formats the same as JSON Lines. */
export const offsetsJson = (
  checkpoints: readonly StoredCheckpoint[],
  ends: readonly OffsetRange[],
): string[] =>
  [
    ...checkpoints.map((checkpoint) => ({ kind: 'checkpoint', ...plain(checkpoint) })),
    ...ends.map(({ topic, partition, to }) => ({ kind: 'end', topic, partition, offset: `${to}` })),
  ].map((line) => JSON.stringify(line));

function plain(checkpoint: StoredCheckpoint) {
  if ('foreign' in checkpoint) return checkpoint;
  const { group, topic, nextKey, position } = checkpoint;
  const { startKey, endKey, loss } = position;
  return {
    ...{ group, topic, nextKey, startKey: startKey?.toString(), endKey: endKey?.toString() },
    steps: partsOf(position).map(({ from, to, ...state }) => ({ from: `${from}`, to: `${to}`, ...state })),
    loss,
  };
}

function notesOn(checkpoint: StoredCheckpoint): string[] {
  if ('foreign' in checkpoint) return [`not written by the emitter: ${checkpoint.foreign}`];
  const { position } = checkpoint;
  const { startKey = 0n, endKey, loss } = position;
  return [
    ...(endKey === undefined ? [] : [`the range of this shard: ${keys(startKey, endKey)}`]),
    ...partsOf(position).map(({ from, to, gtid, shard }) => {
      const state = shard === undefined ? `GTID ${gtid ?? 'unknown'}` : `emitted by shard ${shard}`;
      return `${keys(from, to)}: ${state}`;
    }),
    ...(loss === undefined ? [] : [`lost changes, until "npm run verify -- --mend": ${loss.reason}`]),
  ];
}

/** A range of keys with its last one. */
const keys = (from: bigint, to: bigint): string => (to === from ? 'no keys' : `${from} to ${to - 1n}`);
