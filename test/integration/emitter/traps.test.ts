import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, KafkaJSConnectionError } from 'kafkajs';
import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { MysqlTableReader } from '../../../lambda/emitter/mysql/table-reader';
import { addSamplePosts, loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { EncodedRecords, PregroupedMessages } from '../../../lambda/shared/kafka/pregrouped-messages';
import { messageBytes } from '../../../lambda/shared/message';
import { perStream, STREAMS, topicsOf } from '../../../lambda/shared/streams';
import { serverFiles } from '../../../scripts/local/downloads';
import { EmitterProcess } from '../../../scripts/local/emitter-process';
import { type LocalBroker, type LocalKafka, startKafka } from '../../../scripts/local/kafka';
import { createTopics } from '../../../scripts/local/topics';
import { silentProgress } from '../../../scripts/terminal/progress';
import { emitWith } from '../../support/emit-with';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { recordProducers } from '../../support/recorded-producers';
import { ServerProxy } from '../../support/server-proxy';
import { testDirectory, testKafka, testServers, uniqueName } from '../../support/servers';

/** What the client (kafkajs 2.2.4) is known to do wrong, and that the emitter keeps clear of it. */

const newKafka = (): Kafka =>
  createKafka({ brokers: testServers().bootstrapServers, authentication: 'none', region: 'us-east-1' });

/** One run with a client that the test watches. */
async function runWith(kafka: Kafka, { logins, userId }: TestPipeline): Promise<EmitOutcome> {
  const reader = new MysqlTableReader({
    readLogin: async () => logins.emitter,
    tls: 'off',
    onMissingIndex: () => {},
  });
  const publisher = new KafkaTopicPublisher(kafka, userId);
  try {
    return await emitWith({ reader, publisherOf: () => publisher, sleep: delay });
  } finally {
    reader.end();
    await publisher.discard();
  }
}

describe('a send', () => {
  test('has one partition and keys, at most 900 KB, and 1,000 messages that the client encodes (upstream issue 1303)', async () => {
    const pipeline = await testPipeline(2);
    await pipeline.sql(
      ...SMALL_TABLES,
      'ALTER TABLE user_data MODIFY first_name LONGTEXT',
      "INSERT INTO pinterest_data SELECT seq, 'x' FROM seq_1_to_9000",
      "INSERT INTO user_data SELECT 10000 + seq, REPEAT('x', 200000) FROM seq_1_to_40",
      'INSERT INTO geolocation_data SELECT NULL, seq FROM seq_1_to_3000',
    );
    const kafka = newKafka();
    const producers = recordProducers(kafka);

    await runWith(kafka, pipeline);

    const sent = producers.flatMap(({ records }) => records);
    const rows = sent.filter((messages) => messages instanceof EncodedRecords);
    const letters = sent.filter((messages) => messages instanceof PregroupedMessages);
    expect(rows.length + letters.length).toBe(sent.length);
    for (const messages of letters)
      expect(messages.every(({ key }) => typeof key === 'string' && key !== '')).toBe(true);
    const counts = letters.map(({ length }) => length);
    const sizes = [
      ...rows.map(({ content }) => content.length),
      ...letters.map((messages) => messages.map(messageBytes).reduce((sum, bytes) => sum + bytes, 0)),
    ];
    // Both limits were reached, or this would show nothing.
    expect(Math.max(...counts)).toBe(1_000);
    expect(Math.max(...sizes)).toBeGreaterThan(700_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(900_000);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('that was rejected is the last of its producer (upstream issue 598)', async () => {
    const pipeline = await testPipeline(1);
    await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data SELECT seq, 'x' FROM seq_1_to_60000");
    const kafka = newKafka();
    let sends = 0;
    const producers = recordProducers(kafka, () => {
      sends += 1;
      if (sends === 3) throw new KafkaJSConnectionError('the answer is lost');
    });

    expect(await runWith(kafka, pipeline)).toMatchObject({ stopped: 'caught-up', emitted: { pin: 60_000 } });

    expect(producers).toHaveLength(2);
    const [first, second] = producers;
    expect(first?.calls.slice(-3).filter((call) => call === 'commit')).toEqual([]);
    expect(first?.calls.at(-1)).toBe('disconnect');
    expect(second?.calls.filter((call) => call === 'commit').length).toBeGreaterThan(0);
    for (const { config } of producers) expect(config.maxInFlightRequests).toBe(1);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });
});

test('a run prints no warning of a negative timeout (upstream issue 1751)', async () => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data VALUES (1, 'x')");
  const logFile = path.join(testServers().directory, `${pipeline.userId}.log`);
  const emitter = new EmitterProcess(pipeline.variables, logFile);
  try {
    expect((await emitter.invoke()).summary).toMatchObject({ emitted: { pin: 1 }, caughtUp: true });
  } finally {
    await emitter.stop();
  }
  const log = readFileSync(logFile, 'utf8');
  expect(log).toContain('Run ended');
  expect(log).not.toContain('Warning');
});

test('a broker that is slow to shake hands is waited for longer than a second', async () => {
  const slow = await ServerProxy.to(9);
  slow.freeze();
  const admin = createKafka({
    brokers: [`127.0.0.1:${slow.port}`],
    authentication: 'iam',
    region: 'us-east-1',
  }).admin();
  const connecting = admin.connect().catch(() => {});

  await delay(2_500);

  expect(slow.connections).toBe(1);
  await admin.disconnect();
  await slow.stop();
  await Promise.race([connecting, delay(100)]);
});

test('parting from a broker that never answers is given up (upstream issue 1686)', async () => {
  const pipeline = await testPipeline(1);
  const kafka = newKafka();
  const newProducer = kafka.producer.bind(kafka);
  const disconnects: (() => Promise<void>)[] = [];
  kafka.producer = (config) => {
    const producer = newProducer(config);
    disconnects.push(producer.disconnect);
    return Object.assign(producer, { disconnect: () => new Promise<void>(() => {}) });
  };
  const publisher = new KafkaTopicPublisher(kafka, pipeline.userId);
  await publisher.open();

  const began = performance.now();
  await publisher.discard();

  expect(performance.now() - began).toBeLessThan(7_000);
  await Promise.all(disconnects.map((disconnect) => disconnect()));
});

describe('three brokers', () => {
  let cluster: LocalKafka;

  beforeAll(async () => {
    const { kafkaClassPath } = await serverFiles(silentProgress);
    cluster = await startKafka({
      classPath: kafkaClassPath,
      directory: testDirectory(),
      brokers: 3,
      // A broker that is gone is noticed sooner than by default, so that the tests take less time.
      properties: { 'broker.session.timeout.ms': 2_000, 'broker.heartbeat.interval.ms': 500 },
    });
  });

  afterAll(async () => {
    await cluster.stop();
  });

  test('a request for partitions that one broker led, and others lead now, is made in pieces (upstream issues 598 and 1303)', async () => {
    const userId = uniqueName();
    const told: string[] = [];
    const kafka = createKafka(
      { brokers: cluster.bootstrapServers, authentication: 'none', region: 'us-east-1' },
      ({ message, level }) => {
        if (level !== 'warn') told.push(message);
      },
    );
    const admin = testKafka(cluster.bootstrapServers).admin();
    await admin.connect();
    const [killed, ...others] = cluster.brokers as [LocalBroker, LocalBroker, LocalBroker];
    const [first, second, third] = [killed, ...others].map(({ nodeId }) => nodeId) as [
      number,
      number,
      number,
    ];
    await admin.createTopics({
      waitForLeaders: false,
      topics: topicsOf(userId).map((topic) => ({
        topic,
        replicaAssignment: [
          { partition: 0, replicas: [first, second, third] },
          { partition: 1, replicas: [first, third, second] },
        ],
      })),
    });
    const leads = async (broker: LocalBroker): Promise<boolean> => {
      const { topics } = await admin.fetchTopicMetadata({ topics: topicsOf(userId) });
      return topics.some(({ partitions }) => partitions.some(({ leader }) => leader === broker.nodeId));
    };
    const pipeline = await testPipeline(3, { bootstrapServers: cluster.bootstrapServers, userId });
    const producers = recordProducers(kafka);
    const publisher = new KafkaTopicPublisher(kafka, userId);
    const checkpoint = await publisher.open();
    // The first coordinators of a cluster are refused until they are ready, which passes by itself.
    expect(told).toEqual([]);
    await killed.kill('SIGKILL');
    while (await leads(killed)) await delay(100);

    const messages = Array.from({ length: 300 }, (_, key) => ({ key: `${key}`, value: Buffer.from('{}') }));
    await publisher.send({ messages: perStream(() => messages), deadLetters: [] });
    await publisher.commit(checkpoint);
    await publisher.awaitCommitVisible();
    await publisher.discard();
    await admin.disconnect();
    await killed.start();

    expect(producers).toHaveLength(1);
    expect(producers[0]?.calls).toEqual(expect.arrayContaining(['sendBatch', 'send']));
    const keys = messages.map(({ key }) => key).toSorted();
    const records = await pipeline.allRecords();
    for (const { name } of STREAMS) expect(records[name].map(({ key }) => key).toSorted()).toEqual(keys);
  });

  test('three young brokers, two of them killed while it copies: nothing is lost or repeated', async () => {
    const userId = uniqueName();
    await createTopics(testKafka(cluster.bootstrapServers), userId);
    const pipeline = await testPipeline(3, { bootstrapServers: cluster.bootstrapServers, userId });
    await loadSampleTables(pipeline.logins.owner, { rows: 60_000 });
    const emitter = new EmitterProcess(
      pipeline.variables,
      path.join(testServers().directory, `${userId}.log`),
    );
    try {
      const [first, second] = cluster.brokers.toSorted(() => Math.random() - 0.5);
      let onCommit = (): void => {};
      const nextCommit = () =>
        new Promise<void>((resolve) => {
          onCommit = resolve;
        });
      let isKilling = true;
      const kill = async () => {
        await nextCommit();
        await first?.kill('SIGKILL');
        await delay(1_000);
        await first?.start();
        await nextCommit();
        await second?.kill('SIGKILL');
      };
      const killing = kill().finally(() => {
        isKilling = false;
      });

      // It has something to copy at every moment of it.
      await emitter.invoke({}, () => onCommit());
      while (isKilling) {
        await addSamplePosts(pipeline.logins.owner, 10_000);
        await emitter.invoke({}, () => onCommit());
      }
      await killing;
      await addSamplePosts(pipeline.logins.owner, 5_000);
      const { summary } = await emitter.invoke();

      expect(summary).toMatchObject({ stopped: 'caught-up', deadLettered: 0 });
      const report = await pipeline.verify();
      expect(report).toMatchObject({ equal: true });
      expect(report.streams.pin.records).toBeGreaterThanOrEqual(65_000);
    } finally {
      await emitter.stop();
    }
  }, 180_000);
});
