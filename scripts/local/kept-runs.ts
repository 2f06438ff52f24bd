import { type EmitSummary, FOLLOWED } from '../../lambda/emitter/summary';
import { type PerStream, perStream, STREAMS } from '../../lambda/shared/streams';
import type { CommittedRecord } from './committed-record';
import type { CopyReport } from './copy';

/** A run of the emitter while `npm start -- --keep` goes on. */
export type KeptRun = {
  readonly shard: number;
  /** When it ended. */
  readonly at: Date;
} & (
  | { readonly summary: EmitSummary }
  | { readonly error: { readonly name: string; readonly message: string } }
);

/** Work of the last runs of all shards, which ran concurrently. */
export interface RunTotals {
  readonly at: Date;
  readonly rows: number;
  readonly followed: number;
  /** Of the longest one. */
  readonly elapsedMs: number;
}

/** State of a pipeline that goes on. */
export interface KeptState {
  /** Since the topics were empty: rows that were copied, and keys that had changed and were read again. */
  readonly streams: PerStream<{ readonly rows: number; readonly followed: number }>;
  /** The next key to read of each table: the primary's. @default not known before the first run */
  readonly nextKeys?: PerStream<string>;
  readonly deadLettered: number;
  /** The last runs; those of them that failed are not counted. */
  readonly last?: RunTotals;
  /** The last runs that had rows. */
  readonly lastWithRows?: RunTotals;
  /** How far behind the log of changes the last run began, and how many keys it left unread. */
  readonly behind?: EmitSummary['behind'] & { readonly keys: number };
  /** Streams whose changes are not followed, and why. */
  readonly notFollowed: Partial<PerStream<string>>;
  readonly lastError?: { readonly at: Date; readonly text: string };
  readonly lastRecords: Partial<PerStream<CommittedRecord>>;
}

/** The state after the copies with which the pipeline began. */
export const stateAfter = (reports: readonly CopyReport[]): KeptState => {
  const sum = (of: (report: CopyReport) => number): number =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    streams: perStream(({ name }) => ({
      rows: sum(({ byStream }) => byStream[name].rows),
      followed: sum(({ byStream }) => byStream[name].followed),
    })),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    notFollowed: {},
    lastRecords: {},
  };
};

/** The state after the runs of all shards that were started together. */
export function withRuns(state: KeptState, runs: readonly KeptRun[]): KeptState {
  const failed = runs.findLast((run) => 'error' in run);
  const ended = runs.filter((run) => 'summary' in run);
  const lastError =
    failed === undefined
      ? state.lastError
      : { at: failed.at, text: `${shardPrefix(failed, runs)}${failed.error.name}: ${failed.error.message}` };
  if (ended.length === 0) return { ...state, ...(lastError && { lastError }) };

  const summaries = ended.map(({ summary }) => summary);
  const sum = (of: (summary: EmitSummary) => number): number =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  const streams = perStream(({ name }) => ({
    rows: state.streams[name].rows + sum(({ emitted }) => emitted[name]),
    followed: state.streams[name].followed + sum(({ followed }) => followed[name]),
  }));
  const last: RunTotals = {
    at: ended[0]?.at ?? new Date(0),
    rows: sum(({ emitted }) => total(emitted)),
    followed: sum(({ followed }) => total(followed)),
    elapsedMs: Math.max(...summaries.map(({ elapsedMs }) => elapsedMs)),
  };
  const primary = summaries.find(({ shard }) => shard === 0);
  return {
    ...state,
    streams,
    deadLettered: state.deadLettered + sum(({ deadLettered }) => deadLettered),
    last,
    ...(last.rows + last.followed > 0 && { lastWithRows: last }),
    ...(primary && {
      nextKeys: primary.checkpoint,
      notFollowed: Object.fromEntries(
        STREAMS.flatMap(({ name }) =>
          primary.changes[name] === FOLLOWED ? [] : [[name, primary.changes[name]]],
        ),
      ),
    }),
    behind: {
      seconds: Math.max(...summaries.map(({ behind }) => behind.seconds)),
      bytes: sum(({ behind }) => behind.bytes),
      keys: sum(({ lagKeys }) => total(lagKeys)),
    },
    ...(lastError && { lastError }),
  };
}

/** Names the shard of a run where there are several. */
export const shardPrefix = ({ shard }: KeptRun, runs: readonly KeptRun[]): string =>
  runs.length > 1 ? `shard ${shard}: ` : '';

/** Adds up the counts of the streams. */
export const total = (counts: PerStream<number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
