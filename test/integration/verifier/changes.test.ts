import { setTimeout as delay } from 'node:timers/promises';
import { type Message, Partitioners, type Producer } from 'kafkajs';
import { deadLetterTopicOf, topicOf } from '../../../lambda/shared/streams';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testKafka, testServers, uniqueName, withAdmin } from '../../support/servers';

let producer: Producer;
let pipeline: TestPipeline;
let topic: string;

beforeAll(async () => {
  producer = testKafka().producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: uniqueName(),
    idempotent: true,
    maxInFlightRequests: 1,
    // Partitions that are added must be seen at once.
    metadataMaxAge: 1,
  });
  await producer.connect();
});

afterAll(async () => {
  await producer.disconnect();
});

beforeEach(async () => {
  pipeline = await testPipeline(2);
  topic = topicOf(pipeline.userId, 'pin');
  await pipeline.sql(...SMALL_TABLES);
});

/** The log's positions, as the database of these servers writes them. */
const gtid = (transactions: number): string =>
  testServers().flavor === 'mariadb'
    ? `0-1-${transactions}`
    : `3e11fa47-71ca-11e1-9e33-c80aa9429562:1-${transactions}`;

const value = (key: number, title: string): string => `{"index":${key},"title":"${title}"}`;
const copy = (key: number, title: string): Message => ({ key: `${key}`, value: value(key, title) });
const only = (key: number, title: string, transactions: number): Message => ({
  ...copy(key, title),
  headers: { op: 'u', gtid: gtid(transactions) },
});
const more = (key: number, title: string, transactions: number): Message => ({
  ...copy(key, title),
  headers: { op: 'r', gtid: gtid(transactions) },
});
const gone = (key: number, transactions: number): Message => ({
  key: `${key}`,
  value: null,
  headers: { op: 'd', gtid: gtid(transactions) },
});

const letter = (key: number): Message => ({
  key: `pinterest_data:${key}`,
  value: JSON.stringify({ table: 'pinterest_data', key: `${key}`, reason: 'for a test', row: null }),
});

async function send(messages: readonly Message[], to = topic, end: 'commit' | 'abort' = 'commit') {
  const transaction = await producer.transaction();
  await transaction.send({ topic: to, messages: [...messages] });
  await transaction[end]();
}

test('a topic that follows its table is equal, also where partitions were added in between', async () => {
  const copied = Array.from({ length: 40 }, (_, key) => copy(key, 'first'));
  await send(copied);
  await send(copied.map((_, key) => only(key, 'second', 5)));
  await withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] }));
  await send([
    ...copied.slice(0, 20).map((_, key) => only(key, 'third', 12)),
    gone(20, 12),
    only(50, 'late', 12),
  ]);
  await send([gone(21, 13), more(21, 'twin', 13), more(21, 'twin', 13)]);
  await send([gone(0, 14)], topic, 'abort');
  await pipeline.sql(
    ...copied.flatMap((_, key) =>
      key === 20 || key === 21
        ? []
        : [`INSERT INTO pinterest_data VALUES (${key}, '${key < 20 ? 'third' : 'second'}')`],
    ),
    "INSERT INTO pinterest_data VALUES (50, 'late'), (21, 'twin'), (21, 'twin')",
  );

  const { equal, streams } = await pipeline.verify();

  expect(streams.pin.examples).toEqual([]);
  expect({ equal, pin: streams.pin }).toMatchObject({
    equal: true,
    pin: {
      rows: 41,
      records: 105,
      lastKey: '50',
      changes: { keys: 41, superseded: 62, tombstones: 2 },
    },
  });
  expect(streams.pin.digest.table).toBe(streams.pin.digest.topic);
});

test('what a reader of the changes has is missing, extra, changed and repeated', async () => {
  await send([copy(1, 'a'), copy(2, 'b'), copy(3, 'c'), copy(4, 'd')]);
  await send([gone(1, 5), only(2, 'old', 5), only(4, 'd', 5)]);
  await send([only(4, 'd', 5)]);
  await pipeline.sql("INSERT INTO pinterest_data VALUES (1, 'a'), (2, 'b'), (4, 'd')");

  const { pin } = (await pipeline.verify()).streams;

  expect(pin).toMatchObject({ equal: false, missing: 1, changed: 1, extra: 1, duplicate: 1 });
  expect(pin.examples).toEqual([
    { kind: 'missing', key: '1' },
    expect.objectContaining({ kind: 'extra', key: '3' }),
    expect.objectContaining({ kind: 'changed', key: '2', column: 'title', row: '"b"', record: '"old"' }),
    expect.objectContaining({ kind: 'duplicate', key: '4' }),
  ]);
});

test('headers that nobody knows are no reason to fail', async () => {
  await send([
    { ...copy(1, 'a'), headers: { op: 'x', gtid: 'unreadable' } },
    { key: '2', value: null },
    { ...copy(3, 'c'), headers: { op: 'u' } },
    { ...copy(4, 'd'), headers: { trace: ['a', 'b'] } },
  ]);
  await pipeline.sql("INSERT INTO pinterest_data VALUES (1, 'a'), (3, 'c'), (4, 'd')");
  expect(await pipeline.verify()).toMatchObject({
    equal: true,
    streams: { pin: { records: 4, changes: { keys: 3, superseded: 0, tombstones: 1 } } },
  });
});

test('dead letters of rows that have changed since are not stray', async () => {
  await send([only(1, 'fine again', 7), gone(2, 7), gone(3, 7)]);
  const letters = [letter(1), letter(2), letter(3), { ...letter(3), headers: { gtid: gtid(7) } }];
  await send(letters, deadLetterTopicOf(pipeline.userId));
  await pipeline.sql("INSERT INTO pinterest_data VALUES (1, 'fine again'), (3, 'too large')");
  expect(await pipeline.verify()).toMatchObject({
    equal: true,
    streams: { pin: { deadLettered: 1, strayDeadLetters: 0 } },
  });
});

test('a compacted topic is equal: the fold of what is left is the table', async () => {
  const configEntries = [
    { name: 'cleanup.policy', value: 'compact' },
    { name: 'min.cleanable.dirty.ratio', value: '0' },
    { name: 'delete.retention.ms', value: '0' },
    { name: 'segment.ms', value: '100' },
  ];
  await withAdmin((admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] }),
  );
  // It has lost its tombstone already, and the topic of dead letters keeps all.
  await send([letter(30)], deadLetterTopicOf(pipeline.userId));
  const keys = Array.from({ length: 20 }, (_, key) => key);
  await send(keys.map((key) => copy(key, 'first')));
  await send(keys.map((key) => (key === 7 ? gone(7, 5) : only(key, 'second', 5))));
  await pipeline.sql(
    ...keys.filter((key) => key !== 7).map((key) => `INSERT INTO pinterest_data VALUES (${key}, 'second')`),
  );
  let records = (await pipeline.verify()).streams.pin.records;
  expect(records).toBe(40);
  // The cleaner leaves the newest segment alone: something must be written behind it.
  for (let filler = 100; records >= 40 && filler < 130; filler += 1) {
    await send([only(filler, 'filler', filler), gone(filler, filler + 1)]);
    await delay(1_000);
    const report = await pipeline.verify();
    expect(report).toMatchObject({ equal: true });
    records = report.streams.pin.records;
  }
  expect(records).toBeLessThan(40);
}, 90_000);
