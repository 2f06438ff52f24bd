import { type PerStream, perStream, STREAMS } from '../shared/streams';
import type { EmitOutcome } from './emit';
import type { EmitRequest } from './event';
import type { TableReader } from './ports';
import type { StopReason } from './session';

/** Result of an invocation, which is also logged. */
export interface EmitSummary {
  readonly userId: string;
  /** Number of the shard; 0 is the primary. */
  readonly shard: number;
  /** Rows that are in the topics because of this run. */
  readonly emitted: PerStream<number>;
  /** Rows that went to the dead letter topic instead. */
  readonly deadLettered: number;
  /** The next key to read of each table, in decimal digits: keys may have more of them than a JSON number keeps. */
  readonly checkpoint: PerStream<string>;
  /** From the checkpoint to the last key of each table, or to the end of the shard's range, in keys; gaps count. */
  readonly lagKeys: PerStream<number>;
  /** Whether every row of the tables asked for was emitted that is this shard's: of the primary, all that it has given to no other. */
  readonly caughtUp: boolean;
  readonly stopped: StopReason;
  /** Only for a run that wrote nothing: what it would have done. */
  readonly dryRun?: true;
  readonly elapsedMs: number;
}

/** Whether a run wrote any row, or dead letter. */
export const hasEmitted = ({
  emitted,
  deadLettered,
}: Pick<EmitSummary, 'emitted' | 'deadLettered'>): boolean =>
  deadLettered > 0 || Object.values(emitted).some((rows) => rows > 0);

/** Computes the distance of each table's checkpoint from its last key, or from the end of the shard's range. */
export async function lagOf(
  reader: TableReader,
  { streams, shard }: Pick<EmitRequest, 'streams' | 'shard'>,
  { checkpoint, stopped }: EmitOutcome,
): Promise<PerStream<number>> {
  if (shard > 0) {
    return perStream(({ name }) => {
      const { nextKey, endKey = nextKey } = checkpoint[name];
      return Number(endKey - nextKey);
    });
  }
  const lags = await Promise.all(
    STREAMS.map(async (stream) => {
      if (stopped === 'caught-up' && streams.includes(stream.name)) return 0;
      const lastKey = await reader.lastKey(stream);
      return lastKey === undefined ? 0 : Math.max(0, Number(lastKey + 1n - checkpoint[stream.name].nextKey));
    }),
  );
  return perStream((stream) => lags[STREAMS.indexOf(stream)] ?? 0);
}

/** Puts together what a run reports. */
export function summarise(
  userId: string,
  { shard, dryRun }: Pick<EmitRequest, 'shard' | 'dryRun'>,
  outcome: EmitOutcome,
  { lagKeys, elapsedMs }: { lagKeys: PerStream<number>; elapsedMs: number },
): EmitSummary {
  return {
    userId,
    shard,
    emitted: outcome.emitted,
    deadLettered: outcome.deadLettered,
    checkpoint: perStream(({ name }) => outcome.checkpoint[name].nextKey.toString()),
    lagKeys,
    caughtUp: outcome.stopped === 'caught-up',
    stopped: outcome.stopped,
    ...(dryRun && { dryRun }),
    elapsedMs: Math.round(elapsedMs),
  };
}
