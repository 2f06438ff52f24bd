import { hasEmitted } from '../../lambda/emitter/summary';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';
import { headersText } from './committed-record';
import { type KeptRun, type KeptState, type RunTotals, shardPrefix, total } from './kept-runs';

/** What a screen shows beside the state of the pipeline. */
export interface ScreenContext {
  readonly userId: string;
  readonly everySeconds: number;
  /** How to reach the servers. */
  readonly access: readonly string[];
  /** Rows that runs have committed which have not ended; `undefined` while none runs. */
  readonly running: number | undefined;
  /** When the next run begins, in milliseconds since 1970. */
  readonly nextAt: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Formats the state of a pipeline that goes on, the most important lines first; they may be of any width. */
export function screenLines(state: KeptState, context: ScreenContext): string[] {
  const { userId, everySeconds, access } = context;
  const { lastRecords, notFollowed } = state;
  return [
    `The pipeline of ${userId} on this machine, emitting every ${everySeconds} s until Ctrl-C.`,
    '',
    ...textTable([
      ['topic', 'rows', 'changes followed', 'next key'],
      ...STREAMS.map(({ name }) => [
        topicOf(userId, name),
        grouped(state.streams[name].rows),
        grouped(state.streams[name].followed),
        state.nextKeys?.[name] ?? '',
      ]),
    ]),
    '',
    `next run      ${nextText(context)}`,
    `last run      ${state.last === undefined ? 'none yet' : totalsText(state.last)}`,
    ...(state.lastWithRows === undefined || state.lastWithRows === state.last
      ? []
      : [`last rows     ${totalsText(state.lastWithRows)}`]),
    `behind        ${behindText(state)}`,
    `dead letters  ${grouped(state.deadLettered)}`,
    `last error    ${state.lastError === undefined ? 'none' : `${clock(state.lastError.at)}  ${printable(state.lastError.text)}`}`,
    ...STREAMS.flatMap(({ name }) =>
      notFollowed[name] === undefined ? [] : [`changes       ${name}: ${printable(notFollowed[name])}`],
    ),
    '',
    'last records',
    ...STREAMS.map(({ name }) => {
      const record = lastRecords[name];
      if (record === undefined) return `  ${name.padEnd(4)}`;
      const { partition, offset, key, value, headers } = record;
      const { op } = headers;
      const change = headersText(op === undefined ? {} : { op }).padEnd(4);
      return `  ${name.padEnd(4)}  ${change}  [${partition}]@${offset}  ${key}  ${printable(value ?? '(no value: a tombstone)')}`;
    }),
    '',
    ...access,
  ];
}

/** Formats a run as one line for a log. */
export function runText(run: KeptRun, runs: readonly KeptRun[]): string {
  const begin = `${run.at.toISOString().replace(/\.\d+/, '')}  ${shardPrefix(run, runs)}`;
  if ('error' in run) return `${begin}failed: ${printable(`${run.error.name}: ${run.error.message}`)}`;
  const { emitted, followed, deadLettered, elapsedMs, behind, stopped } = run.summary;
  const end = stopped === 'caught-up' ? '' : `; stopped early (${stopped})`;
  if (!hasEmitted(run.summary)) return `${begin}nothing new${end}`;
  const letters = deadLettered === 0 ? '' : `, ${grouped(deadLettered)} dead letters`;
  const work = workText({ rows: total(emitted), followed: total(followed), elapsedMs });
  return `${begin}${work}${letters}; began ${grouped(Math.round(behind.seconds))} s and ${grouped(behind.bytes)} bytes behind the log${end}`;
}

const nextText = ({ running, nextAt, now }: ScreenContext): string =>
  running === undefined
    ? `in ${Math.max(0, Math.ceil((nextAt - now) / 1_000))} s`
    : `is running, ${grouped(running)} rows so far`;

const totalsText = (totals: RunTotals): string =>
  `${clock(totals.at)}  ${totals.rows + totals.followed === 0 ? 'nothing new' : workText(totals)}`;

function workText({ rows, followed, elapsedMs }: Omit<RunTotals, 'at'>): string {
  const perSecond = Math.round(((rows + followed) / Math.max(1, elapsedMs)) * 1_000);
  const changes = followed === 0 ? '' : `, ${grouped(followed)} changes followed`;
  return `${grouped(rows)} rows${changes} in ${(elapsedMs / 1_000).toFixed(1)} s: ${grouped(perSecond)} rows/s`;
}

const behindText = ({ behind }: KeptState): string =>
  behind === undefined
    ? 'not known yet'
    : `${grouped(Math.round(behind.seconds))} s, ${grouped(behind.bytes)} bytes of the log when the last run began; ${grouped(behind.keys)} keys left`;

/** Hours, minutes and seconds, as the clock on the wall shows them. */
const clock = (at: Date): string => at.toTimeString().slice(0, 8);

/** A text without the characters that a terminal would obey. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '·');
