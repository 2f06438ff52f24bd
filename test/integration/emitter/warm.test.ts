import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { Kafka } from 'kafkajs';
import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { MysqlTableReader } from '../../../lambda/emitter/mysql/table-reader';
import type { TableReader, TopicPublisher } from '../../../lambda/emitter/ports';
import { addSamplePosts, loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../../lambda/shared/mysql/rows-of';
import { STREAMS } from '../../../lambda/shared/streams';
import { newPassword } from '../../../scripts/local/database-logins';
import { emitWith } from '../../support/emit-with';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { ServerProxy } from '../../support/server-proxy';
import { testServers } from '../../support/servers';

async function asAdmin(sql: string): Promise<string[][]> {
  const connection = await connectToDatabase(
    { ...testServers().admin, database: 'information_schema' },
    'off',
  );
  try {
    const rows = await rowsOf(connection, { sql });
    return Array.isArray(rows) ? rows.map((row) => row.map(String)) : [];
  } finally {
    connection.destroy();
  }
}

/** The ids of the connections that the emitter has at this moment. */
const connectionsOf = async ({ logins }: TestPipeline): Promise<string[]> =>
  (await asAdmin(`SELECT ID FROM PROCESSLIST WHERE USER = '${logins.emitter.user}' ORDER BY ID`)).flat();

const insert = async (pipeline: TestPipeline, ...keys: number[]): Promise<unknown> =>
  await pipeline.sql(
    ...STREAMS.map(
      ({ table }) => `INSERT INTO ${table} VALUES ${keys.map((key) => `(${key}, 'row ${key}')`).join(', ')}`,
    ),
  );

const emitted = (count: number) => ({ emitted: { pin: count, geo: count, user: count }, caughtUp: true });

/** The three tables with one row each, which are emitted. */
async function warmPipeline(): Promise<TestPipeline> {
  const pipeline = await testPipeline();
  await pipeline.sql(...SMALL_TABLES);
  await insert(pipeline, 1);
  expect(await pipeline.emit()).toMatchObject(emitted(1));
  return pipeline;
}

describe('a second run', () => {
  test('uses the connections of the first', async () => {
    const pipeline = await warmPipeline();
    const before = await connectionsOf(pipeline);
    const clients = [jest.spyOn(Kafka.prototype, 'producer'), jest.spyOn(Kafka.prototype, 'admin')];

    await insert(pipeline, 2, 3);
    expect(await pipeline.emit()).toMatchObject(emitted(2));

    for (const client of clients) expect(client).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    expect(before).toHaveLength(STREAMS.length);
    expect(await connectionsOf(pipeline)).toEqual(before);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('replaces the connections that the database has killed in between', async () => {
    const pipeline = await warmPipeline();
    const before = await connectionsOf(pipeline);
    for (const id of before) await asAdmin(`KILL ${id}`);

    await insert(pipeline, 2);
    expect(await pipeline.emit()).toMatchObject(emitted(1));

    const after = await connectionsOf(pipeline);
    expect(after).toHaveLength(STREAMS.length);
    for (const id of before) expect(after).not.toContain(id);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('tries only once more after a restart has broken all connections', async () => {
    const pipeline = await testPipeline(1);
    const proxy = await ServerProxy.to(pipeline.logins.emitter.port);
    pipeline.changeLogin({ port: proxy.port });
    await pipeline.sql(...SMALL_TABLES);
    await pipeline.emit();
    await proxy.stop();
    await proxy.start();
    const warn = jest.spyOn(Logger.prototype, 'warn');

    await insert(pipeline, 1);
    expect(await pipeline.emit()).toMatchObject(emitted(1));

    expect(warn.mock.calls.filter(([message]) => message === 'Trying again')).toHaveLength(1);
    jest.restoreAllMocks();
  });

  test('logs in with a password that was changed in between', async () => {
    const pipeline = await warmPipeline();
    const { user } = pipeline.logins.emitter;
    const password = newPassword();
    await asAdmin(`ALTER USER '${user}'@'127.0.0.1' IDENTIFIED BY '${password}'`);
    for (const id of await connectionsOf(pipeline)) await asAdmin(`KILL ${id}`);
    pipeline.changeLogin({ password });

    await insert(pipeline, 2);
    expect(await pipeline.emit()).toMatchObject(emitted(1));
  });
});

test('a run that ends before the tables leaves no query behind', async () => {
  const pipeline = await testPipeline();
  await loadSampleTables(pipeline.logins.owner, { rows: 30_000 });

  expect(await pipeline.emit({ limit: 10 })).toMatchObject({ stopped: 'limit' });

  await delay(200);
  const { user } = pipeline.logins.emitter;
  expect(await asAdmin(`SELECT INFO FROM PROCESSLIST WHERE USER = '${user}' AND INFO IS NOT NULL`)).toEqual(
    [],
  );
});

test('connections that are killed while it reads are replaced, and no row is lost or repeated', async () => {
  const pipeline = await testPipeline();
  await loadSampleTables(pipeline.logins.owner, { rows: 25_000 });
  let isRunning = true;
  const killing = (async () => {
    let kills = 0;
    for (; isRunning && kills < 4; await delay(250)) {
      const ids = await connectionsOf(pipeline);
      const id = ids[Math.floor(Math.random() * ids.length)];
      if (id === undefined) continue;
      // It may have ended by itself.
      await asAdmin(`KILL ${id}`).catch(() => {});
      kills += 1;
    }
    return kills;
  })();

  const summary = await pipeline.emit();
  isRunning = false;

  expect(await killing).toBeGreaterThan(0);
  expect(summary).toMatchObject({ stopped: 'caught-up' });
  expect(await pipeline.verify()).toMatchObject({ equal: true, streams: { pin: { rows: 25_000 } } });
});

describe('two emitters', () => {
  test('that take turns stay warm or fence each other, and lose and repeat nothing', async () => {
    const pipeline = await testPipeline();
    await loadSampleTables(pipeline.logins.owner, { rows: 2_000 });
    const [a, b] = [pipeline.newEmitter(), pipeline.newEmitter()];

    const counts: number[] = [];
    for (const emitter of [a, b, a, a, b, b, a]) {
      counts.push((await emitter.handle({}, 120_000)).emitted.pin);
      await addSamplePosts(pipeline.logins.owner, 100);
    }

    expect(counts).toEqual([2_000, 100, 100, 100, 100, 100, 100]);
    await pipeline.emit();
    expect(await pipeline.verify()).toMatchObject({ equal: true, streams: { pin: { rows: 2_700 } } });
  });

  test('at the same time: nothing is lost or repeated', async () => {
    const pipeline = await testPipeline();
    await loadSampleTables(pipeline.logins.owner, { rows: 20_000 });
    const [a, b] = [pipeline.newEmitter(), pipeline.newEmitter()];

    const first = a.handle({}, 120_000);
    await delay(400);
    const second = b.handle({}, 120_000);

    const stops = (await Promise.all([first, second])).map(({ stopped }) => stopped);
    expect(stops).toContain('caught-up');
    await pipeline.emit();
    expect(await pipeline.verify()).toMatchObject({ equal: true, streams: { pin: { rows: 20_000 } } });
  });

  test.each(['rowsFrom', 'send', 'commit'] as const)(
    'one that wakes up in its %s after a newer one has run is fenced',
    async (place) => {
      const pipeline = await testPipeline();
      await pipeline.sql(...SMALL_TABLES);
      await insert(pipeline, 1, 2, 3, 4, 5, 6);
      const stale = new SuspendedRun(pipeline, place);

      await stale.isSuspended;
      expect(await pipeline.emit()).toMatchObject(emitted(place === 'rowsFrom' ? 6 : 4));
      const outcome = await stale.wakeUp();

      expect(outcome).toMatchObject({ stopped: 'fenced' });
      const before = place === 'rowsFrom' ? 0 : 2;
      expect(outcome.emitted).toEqual({ pin: before, geo: before, user: before });
      expect(await pipeline.verify()).toMatchObject({ equal: true, streams: { pin: { records: 6 } } });
    },
  );
});

/** A run in chunks of two posts, suspended in its first `rowsFrom`, or in its second `send` or `commit`. */
class SuspendedRun {
  readonly isSuspended: Promise<void>;
  private readonly reader: MysqlTableReader;
  private readonly publisher: KafkaTopicPublisher;
  private readonly outcome: Promise<EmitOutcome>;
  private readonly gate = Promise.withResolvers<void>();

  constructor(pipeline: TestPipeline, place: 'rowsFrom' | 'send' | 'commit') {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.isSuspended = promise;
    this.reader = new MysqlTableReader({
      readLogin: async () => pipeline.logins.emitter,
      tls: 'off',
      onMissingIndex: () => {},
    });
    const kafka = createKafka({
      brokers: testServers().bootstrapServers,
      authentication: 'none',
      region: 'us-east-1',
    });
    this.publisher = new KafkaTopicPublisher(kafka, pipeline.userId);
    let calls = 0;
    const gated = <T extends TableReader | TopicPublisher>(target: T): T =>
      new Proxy(target, {
        get: (_, name) => {
          const method = (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
          return async (...args: unknown[]) => {
            if (name === place && ++calls === (place === 'rowsFrom' ? 1 : 2)) {
              resolve();
              await this.gate.promise;
            }
            return await method(...args);
          };
        },
      });
    const publisher = gated(this.publisher);
    this.outcome = emitWith({
      reader: gated(this.reader),
      publisherOf: () => publisher,
      bounds: { rows: 6, bytes: 1_000_000 },
      sleep: delay,
    });
  }

  async wakeUp(): Promise<EmitOutcome> {
    this.gate.resolve();
    try {
      return await this.outcome;
    } finally {
      this.reader.end();
      await this.publisher.discard();
    }
  }
}
