import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { type EmitRequest, parseEvent } from '../../../lambda/emitter/event';
import type { StopReason } from '../../../lambda/emitter/session';
import { lagOf, summarise } from '../../../lambda/emitter/summary';
import { publishMetrics } from '../../../lambda/emitter/telemetry';
import { METRICS, METRICS_NAMESPACE } from '../../../lambda/shared/metric-names';
import { perStream } from '../../../lambda/shared/streams';
import { MemoryTables } from '../../support/in-memory';

const primary: EmitRequest = parseEvent({}, undefined);

const outcome = (stopped: StopReason, nextKey = 0n): EmitOutcome => ({
  emitted: { pin: 3, geo: 2, user: 1 },
  followed: { pin: 5, geo: 6, user: 0 },
  following: {
    pin: { gtid: '0-1-7' },
    geo: { copiedOnly: 'a reason' },
    user: { gtid: '0-1-8' },
  },
  behind: { seconds: 60, bytes: 4_000 },
  deadLettered: 4,
  checkpoint: perStream(() => ({ nextKey, unkeyed: '' })),
  stopped,
});

describe('the lag', () => {
  const tables = new MemoryTables({
    pin: [{ key: 9n, text: '' }],
    geo: [{ key: 4n, text: '' }],
    user: [{ key: null, text: '' }],
  });

  test('is the distance from the next key to the last one, and never below zero', async () => {
    expect(await lagOf(tables, primary, outcome('limit', 5n))).toEqual({
      pin: 5,
      geo: 0,
      user: 0,
    });
  });

  test('is zero at the end of the tables, and the database is not asked', async () => {
    const lastKey = jest.spyOn(tables, 'lastKey');
    expect(await lagOf(tables, primary, outcome('caught-up'))).toEqual({
      pin: 0,
      geo: 0,
      user: 0,
    });
    expect(lastKey).not.toHaveBeenCalled();
  });

  test('of a shard is what is left of its range, and the database is not asked', async () => {
    const lastKey = jest.spyOn(tables, 'lastKey');
    const left = outcome('limit');
    const { geo, user } = left.checkpoint;
    const checkpoint = { pin: { nextKey: 5n, endKey: 12n, unkeyed: '' }, geo: { ...geo, endKey: 0n }, user };

    expect(await lagOf(tables, { ...primary, shard: 1 }, { ...left, checkpoint })).toEqual({
      pin: 7,
      geo: 0,
      user: 0,
    });
    expect(lastKey).not.toHaveBeenCalled();
  });

  test('of a table that took no part in the run is told all the same', async () => {
    expect((await lagOf(tables, { ...primary, streams: ['user'] }, outcome('caught-up', 5n))).pin).toBe(5);
  });
});

describe('the summary', () => {
  const lagKeys = { pin: 7, geo: 5, user: 0 };

  test('keeps all digits of the next keys', () => {
    const summary = summarise('me', primary, outcome('limit', 9_223_372_036_854_775_807n), {
      lagKeys,
      elapsedMs: 12.6,
    });
    expect(JSON.parse(JSON.stringify(summary))).toEqual({
      userId: 'me',
      shard: 0,
      emitted: { pin: 3, geo: 2, user: 1 },
      followed: { pin: 5, geo: 6, user: 0 },
      changes: { pin: 'followed', geo: 'copied-only (a reason)', user: 'followed' },
      losses: {},
      behind: { seconds: 60, bytes: 4_000 },
      deadLettered: 4,
      checkpoint: perStream(() => '9223372036854775807'),
      lagKeys,
      caughtUp: false,
      stopped: 'limit',
      elapsedMs: 13,
    });
  });

  test('names the loss of a stream, and its reason', () => {
    const loss = { id: '0b-1', reason: 'TRUNCATE pinterest_data' };
    const told = outcome('caught-up');
    const checkpoint = { ...told.checkpoint, pin: { nextKey: 1n, unkeyed: '', loss } };

    expect(summarise('me', primary, { ...told, checkpoint }, { lagKeys, elapsedMs: 1 })).toMatchObject({
      changes: { pin: 'reconcile (TRUNCATE pinterest_data)', geo: 'copied-only (a reason)' },
      losses: { pin: '0b-1' },
    });
  });

  test.each<[StopReason, boolean]>([
    ['caught-up', true],
    ['limit', false],
    ['deadline', false],
    ['fenced', false],
  ])('of a run that stopped with %s says caught up: %s', (stopped, caughtUp) => {
    const summary = summarise('me', { ...primary, dryRun: true }, outcome(stopped), {
      lagKeys,
      elapsedMs: 0,
    });
    expect(summary).toMatchObject({ caughtUp, stopped, dryRun: true });
  });

  test('becomes one line of metrics with exactly the names that alarms and dashboard read', () => {
    const lines = publishedBy({ dryRun: false });

    expect(lines).toHaveLength(1);
    const [{ _aws, ...values }] = lines;
    const [{ Namespace, Dimensions, Metrics }, ...others] = _aws.CloudWatchMetrics;
    expect(others).toEqual([]);
    expect(Namespace).toBe(METRICS_NAMESPACE);
    expect(Dimensions).toEqual([['service', 'UserId']]);
    const names = Object.values(METRICS).flatMap((name) =>
      typeof name === 'string' ? name : Object.values(name),
    );
    expect(Metrics.map(({ Name }: { Name: string }) => Name).sort()).toEqual(names.sort());
    expect(values).toEqual({
      service: 'emitter',
      UserId: 'me',
      PinRowsEmitted: 3,
      GeoRowsEmitted: 2,
      UserRowsEmitted: 1,
      PinLagKeys: 7,
      GeoLagKeys: 5,
      UserLagKeys: 0,
      LagKeys: 7,
      ChangesFollowed: 11,
      LogBehindSeconds: 60,
      LogBehindBytes: 4_000,
      CopiedOnlyStreams: 1,
      StreamsToReconcile: 0,
      DeadLetters: 4,
      RunDuration: 250,
      CaughtUp: 0,
    });
  });

  test('of a dry run is no metric: nothing was emitted', () => {
    expect(publishedBy({ dryRun: true })).toEqual([]);
  });

  test('of a shard is metrics only when it had something to do, lest it hide that the primary does not run', () => {
    const idle = {
      ...outcome('caught-up'),
      emitted: perStream(() => 0),
      followed: perStream(() => 0),
      deadLettered: 0,
    };

    expect(publishedBy({ shard: 1 })).toHaveLength(1);
    expect(publishedBy({ shard: 1 }, outcome('caught-up'))).toHaveLength(1);
    expect(publishedBy({ shard: 1 }, idle)).toEqual([]);
    expect(publishedBy({ shard: 0 }, idle)).toHaveLength(1);
  });

  /** The lines that a run writes for CloudWatch. */
  function publishedBy(request: Partial<EmitRequest>, of = outcome('limit')) {
    const before = { ...process.env };
    Object.assign(process.env, { POWERTOOLS_DEV: 'true', POWERTOOLS_METRICS_DISABLED: 'false' });
    const log = jest.spyOn(console, 'log').mockImplementation();
    try {
      publishMetrics(summarise('me', { ...primary, ...request }, of, { lagKeys, elapsedMs: 250 }));
      return log.mock.calls.map(([line]) => JSON.parse(line as string));
    } finally {
      process.env = before;
      log.mockRestore();
    }
  }
});
