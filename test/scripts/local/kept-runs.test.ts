import type { EmitSummary } from '../../../lambda/emitter/summary';
import { perStream } from '../../../lambda/shared/streams';
import type { CopyReport } from '../../../scripts/local/copy';
import { runText, type ScreenContext, screenLines } from '../../../scripts/local/keep-text';
import { type KeptRun, type KeptState, stateAfter, withRuns } from '../../../scripts/local/kept-runs';

const at = new Date('2026-11-28T20:00:00.123Z');
const clock = at.toTimeString().slice(0, 8);

const summary = (change: Partial<EmitSummary> = {}): EmitSummary => ({
  userId: 'ada',
  shard: 0,
  emitted: perStream(() => 0),
  followed: perStream(() => 0),
  changes: perStream(() => 'followed'),
  losses: {},
  behind: { seconds: 0, bytes: 0 },
  deadLettered: 0,
  checkpoint: perStream(() => '7'),
  lagKeys: perStream(() => 0),
  caughtUp: true,
  stopped: 'caught-up',
  elapsedMs: 500,
  ...change,
});
const ended = (change?: Partial<EmitSummary>, shard = 0): KeptRun => ({
  shard,
  at,
  summary: summary({ shard, ...change }),
});
const failed = (shard = 0): KeptRun => ({
  shard,
  at,
  error: { name: 'UnreachableError', message: 'no broker\u001b[2J' },
});
const busy = { emitted: { pin: 1_000, geo: 200, user: 30 }, followed: { pin: 4, geo: 0, user: 0 } };

const first: KeptState = stateAfter([
  { byStream: perStream(() => ({ rows: 1_000, followed: 0 })), deadLettered: 1 },
  { byStream: perStream(() => ({ rows: 20, followed: 15 })), deadLettered: 0 },
] as unknown as CopyReport[]);

const context: ScreenContext = {
  userId: 'ada',
  everySeconds: 10,
  access: ['Kafka      127.0.0.1:9092'],
  running: undefined,
  nextAt: 10_000,
  now: 2_500,
};
const shown = (state: KeptState, change: Partial<ScreenContext> = {}): string =>
  screenLines(state, { ...context, ...change }).join('\n');

describe('the screen', () => {
  test('begins with the two copies, before the first run', () => {
    expect(screenLines(first, context)).toEqual([
      'The pipeline of ada on this machine, emitting every 10 s until Ctrl-C.',
      '',
      'topic      rows  changes followed  next key',
      'ada.pin   1,020                15',
      'ada.geo   1,020                15',
      'ada.user  1,020                15',
      '',
      'next run      in 8 s',
      'last run      none yet',
      'behind        not known yet',
      'dead letters  1',
      'last error    none',
      '',
      'last records',
      '  pin ',
      '  geo ',
      '  user',
      '',
      'Kafka      127.0.0.1:9092',
    ]);
  });

  test('adds what a run did, and how fast', () => {
    const lag = { behind: { seconds: 3.4, bytes: 12_345 }, lagKeys: { pin: 1_000, geo: 0, user: 1 } };
    const text = shown(withRuns(first, [ended({ ...busy, ...lag, deadLettered: 2 })]));

    expect(text).toContain('ada.pin   2,020                19         7');
    expect(text).toContain('ada.user  1,050                15         7');
    expect(text).toContain(
      `last run      ${clock}  1,230 rows, 4 changes followed in 0.5 s: 2,468 rows/s\nbehind        3 s, 12,345 bytes of the log when the last run began; 1,001 keys left\ndead letters  3`,
    );
  });

  test('keeps the last run with rows while others have none', () => {
    const text = shown(withRuns(withRuns(first, [ended(busy)]), [ended()]));

    expect(text).toContain(`last run      ${clock}  nothing new\nlast rows     ${clock}  1,230 rows`);
  });

  test('adds up shards that ran concurrently', () => {
    const text = shown(
      withRuns(first, [
        ended(busy),
        ended({ ...busy, checkpoint: perStream(() => '99'), elapsedMs: 1_000 }, 1),
      ]),
    );

    expect(text).toContain('ada.pin   3,020                23         7');
    expect(text).toContain('2,460 rows, 8 changes followed in 1.0 s: 2,468 rows/s');
  });

  test('keeps the last error, without what a terminal would obey, and all that is known besides', () => {
    const state = withRuns(withRuns(first, [ended(busy)]), [failed()]);

    expect(shown(state)).toContain(`last error    ${clock}  UnreachableError: no broker·[2J`);
    expect(shown(state)).toContain('1,230 rows');
    expect(shown(withRuns(state, [ended()]))).toContain('UnreachableError');
    expect(shown(withRuns(first, [ended(), failed(1)]))).toContain('shard 1: UnreachableError');
  });

  test('says of which tables changes are not followed', () => {
    const changes = { pin: 'followed', geo: 'reconcile (the log was purged)', user: 'followed' };
    const state = withRuns(first, [ended({ changes })]);

    expect(shown(state)).toContain('changes       geo: reconcile (the log was purged)\n');
    expect(shown(withRuns(state, [ended()]))).not.toContain('purged');
  });

  test('counts down, and counts the rows of a run', () => {
    expect(shown(first, { now: 9_001 })).toContain('next run      in 1 s');
    expect(shown(first, { now: 10_500 })).toContain('next run      in 0 s');
    expect(shown(first, { running: 1_234 })).toContain('next run      is running, 1,234 rows so far');
  });

  test('shows the last record of a stream on one line', () => {
    const record = { topic: 'ada.pin', partition: 2, offset: '31', time: '', key: '9' };
    const state = {
      ...first,
      lastRecords: {
        pin: { ...record, value: null, headers: { op: 'd', gtid: '0-1-7' } },
        geo: { ...record, value: '{"a":"b\u009b\n"}', headers: {} },
      },
    };

    expect(shown(state)).toContain('  pin   op=d  [2]@31  9  (no value: a tombstone)\n');
    expect(shown(state)).toContain('  geo         [2]@31  9  {"a":"b··"}\n');
  });
});

describe('a line of the log', () => {
  const text = (run: KeptRun, runs: readonly KeptRun[] = [run]): string => runText(run, runs);

  test('says what a run did', () => {
    expect(text(ended({ ...busy, behind: { seconds: 2, bytes: 800 }, deadLettered: 3 }))).toBe(
      '2026-11-28T20:00:00Z  1,230 rows, 4 changes followed in 0.5 s: 2,468 rows/s, 3 dead letters; began 2 s and 800 bytes behind the log',
    );
    expect(text(ended())).toBe('2026-11-28T20:00:00Z  nothing new');
    expect(text(ended({ stopped: 'fenced' }))).toBe(
      '2026-11-28T20:00:00Z  nothing new; stopped early (fenced)',
    );
  });

  test('names the shard where there are several, and the error of a run that failed', () => {
    expect(text(failed(1), [ended(), failed(1)])).toBe(
      '2026-11-28T20:00:00Z  shard 1: failed: UnreachableError: no broker·[2J',
    );
  });
});
