import { type PerStream, perStream, STREAMS } from '../shared/streams';
import type { EmitOutcome } from './emit';
import type { EmitRequest } from './event';
import { type Following, NOT_FOLLOWED } from './following';
import type { Position, TableReader } from './ports';
import type { StopReason } from './session';

/** The words with which {@link EmitSummary.changes} begins. */
export const FOLLOWED = 'followed';
export const COPIED_ONLY = 'copied-only';
export const RECONCILE = 'reconcile';

/** Result of an invocation, which is also logged. */
export interface EmitSummary {
  readonly userId: string;
  /** Number of the shard; 0 is the primary. */
  readonly shard: number;
  /** Rows that are in the topics because of this run. */
  readonly emitted: PerStream<number>;
  /** Keys of each table that had changed, or that the event named, and were read again. */
  readonly followed: PerStream<number>;
  /**
   * What becomes of changes of rows that were emitted before: `followed`, `copied-only (reason)`: they are not looked at,
   * or `reconcile (reason)`: some were lost, and a reconciliation has to make up for them.
   */
  readonly changes: PerStream<string>;
  /** Names of the losses that a reconciliation has to make up for. */
  readonly losses: Partial<PerStream<string>>;
  /** How far behind the log of changes the run began: the age of the oldest transaction in seconds, and bytes of the log. */
  readonly behind: { readonly seconds: number; readonly bytes: number };
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
  followed,
  deadLettered,
}: Pick<EmitSummary, 'emitted' | 'followed' | 'deadLettered'>): boolean =>
  deadLettered > 0 || [emitted, followed].some((counts) => Object.values(counts).some((count) => count > 0));

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
    followed: outcome.followed,
    changes: perStream(({ name }) => changesText(outcome.following[name], outcome.checkpoint[name])),
    losses: Object.fromEntries(
      STREAMS.flatMap(({ name }) => {
        const { loss } = outcome.checkpoint[name];
        return loss === undefined ? [] : [[name, loss.id]];
      }),
    ),
    behind: outcome.behind,
    deadLettered: outcome.deadLettered,
    checkpoint: perStream(({ name }) => outcome.checkpoint[name].nextKey.toString()),
    lagKeys,
    caughtUp: outcome.stopped === 'caught-up',
    stopped: outcome.stopped,
    ...(dryRun && { dryRun }),
    elapsedMs: Math.round(elapsedMs),
  };
}

function changesText(following: Following, { loss }: Position): string {
  if (following === NOT_FOLLOWED) return following.copiedOnly;
  const { copiedOnly } = following;
  if (loss !== undefined) return `${RECONCILE} (${loss.reason})`;
  return copiedOnly === undefined ? FOLLOWED : `${COPIED_ONLY} (${copiedOnly})`;
}
