import { setTimeout as delay } from 'node:timers/promises';
import { emitterIdOf, STREAMS, topicOf } from '../../../lambda/shared/streams';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testKafka, withAdmin } from '../../support/servers';

const NOTHING = { pin: 0, geo: 0, user: 0 };

/** Three tables with these keys each. */
async function withKeys(...keys: number[]): Promise<TestPipeline> {
  const pipeline = await testPipeline(1);
  await pipeline.sql(...SMALL_TABLES);
  await insert(pipeline, ...keys);
  return pipeline;
}

const insert = (pipeline: TestPipeline, ...keys: number[]): Promise<unknown> =>
  pipeline.sql(
    ...STREAMS.map(
      ({ table }) => `INSERT INTO ${table} VALUES ${keys.map((key) => `(${key}, 'row ${key}')`).join(', ')}`,
    ),
  );

/** Commits an offset as any consumer does. */
async function commitAsConsumer(
  group: string,
  topic: string,
  offset: number,
  metadata?: string,
): Promise<void> {
  const consumer = testKafka().consumer({ groupId: group });
  const isIn = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => isIn.resolve());
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachMessage: async () => {} });
  // Where a committed offset is out of range, as a key commonly is, the client commits -1.
  consumer.pause([{ topic }]);
  await isIn.promise;
  await consumer.commitOffsets([
    { topic, partition: 0, offset: `${offset}`, ...(metadata !== undefined && { metadata }) },
  ]);
  await consumer.disconnect();
}

const committed = async ({ userId }: TestPipeline, shard = 0) =>
  (
    await withAdmin((admin) =>
      admin.fetchOffsets({ groupId: emitterIdOf(userId, shard), topics: [topicOf(userId, 'pin')] }),
    )
  )[0]?.partitions[0];

/** A run of a warm emitter, of a cold one, and a dry one: all refuse, and emit nothing. */
async function expectRefused(pipeline: TestPipeline, ...says: (string | RegExp)[]): Promise<void> {
  const before = (await pipeline.records('pin')).length;
  for (const run of [
    () => pipeline.emit(),
    () => pipeline.emit({}, { cold: true }),
    () => pipeline.emit({ dryRun: true }, { cold: true }),
    () => pipeline.emit({ dryRun: true }),
  ]) {
    const error = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'CheckpointError', retryable: false });
    for (const text of says) expect((error as Error).message).toMatch(text);
  }
  expect(await pipeline.records('pin')).toHaveLength(before);
}

describe('the checkpoint', () => {
  test.each([500, 1])('is not what a consumer commits in the group of the emitter: %d', async (offset) => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    await insert(pipeline, 4);
    const group = emitterIdOf(pipeline.userId);
    const topic = topicOf(pipeline.userId, 'pin');

    await commitAsConsumer(group, topic, offset);

    await expectRefused(
      pipeline,
      `group ${group} `,
      `topic ${topic} is ${offset} `,
      'metadata ""',
      'npm run verify -- --mend',
    );
    await expect(pipeline.emit({ from: { user_data: 4 } })).rejects.toMatchObject({
      name: 'CheckpointError',
    });
    expect(await pipeline.emit({ from: { pinterest_data: 4 } })).toMatchObject({
      emitted: { pin: 1, geo: 1, user: 1 },
    });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test.each([
    ['is another version’s', (text: string) => text.replace('emitter=2', 'emitter=3'), 'version 3'],
    [
      'is another cluster’s',
      (text: string) => text.replace(/cluster=\S+/, 'cluster=elsewhere'),
      'cluster elsewhere',
    ],
    ['has a word that nobody knows', (text: string) => `${text} jump=3`, 'jump=3'],
    ['is a text of somebody else', () => `by hand ${'x'.repeat(1_000)}`, /"by hand x{192}…"/],
  ])('that %s is refused', async (_, change, says) => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    const { offset, metadata } = (await committed(pipeline)) ?? {};
    expect(metadata).toMatch(/^emitter=2 next=4 cluster=\S{10,} run=\S+ steps=4@\S+ origin=\S+$/);

    await commitAsConsumer(
      emitterIdOf(pipeline.userId),
      topicOf(pipeline.userId, 'pin'),
      Number(offset),
      change(metadata ?? ''),
    );

    await expectRefused(pipeline, says);
  });

  test('that a tool has moved is refused, with or without its metadata', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    const group = emitterIdOf(pipeline.userId);
    const topic = topicOf(pipeline.userId, 'pin');
    const { metadata } = (await committed(pipeline)) ?? {};

    await commitAsConsumer(group, topic, 2, metadata ?? '');
    await expectRefused(pipeline, 'the emitter committed 4');

    await withAdmin((admin) =>
      admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '0' }] }),
    );
    await expectRefused(pipeline, `topic ${topic} is 0 `);
  });

  test('of the emitter before metadata had a version is still ours', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    await insert(pipeline, 4);
    for (const { name } of STREAMS) {
      await commitAsConsumer(
        emitterIdOf(pipeline.userId),
        topicOf(pipeline.userId, name),
        4,
        'run=6a1b2c3d-0000-4000-8000-000000000000',
      );
    }

    expect(await pipeline.emit({}, { cold: true })).toMatchObject({ emitted: { pin: 1, geo: 1, user: 1 } });

    expect((await committed(pipeline))?.metadata).toMatch(/^emitter=2 next=5 /);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('that is gone is refused where the topics were written to, and `from` sets it anew', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    await pipeline.emit({}, { cold: true });
    const group = emitterIdOf(pipeline.userId);
    await withAdmin((admin) => admin.deleteGroups([group]));

    await expectRefused(
      pipeline,
      `group ${group} has no committed offset`,
      topicOf(pipeline.userId, 'pin'),
      'npm run verify -- --mend',
    );

    const from = { pinterest_data: 4, geolocation_data: 4, user_data: 4 };
    expect(await pipeline.emit({ from })).toMatchObject({ emitted: NOTHING, caughtUp: true });
    expect(await pipeline.emit({}, { cold: true })).toMatchObject({ emitted: NOTHING, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('is refused where somebody else has written to the topics before the first run', async () => {
    const pipeline = await withKeys(1, 2, 3);
    const topic = topicOf(pipeline.userId, 'geo');
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ key: '1', value: 'somebody else’s' }] });
    await producer.disconnect();

    await expectRefused(pipeline, topic);
  });

  test('is there before the first message, so that a first run that is killed goes on by itself', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.sql('ALTER TABLE user_data RENAME COLUMN ind TO gone');

    await expect(pipeline.emit()).rejects.toMatchObject({ name: 'TableError' });

    expect(await committed(pipeline)).toMatchObject({
      offset: '0',
      metadata: expect.stringMatching(/^emitter=2 next=0 cluster=\S{10,}$/),
    });
    await pipeline.sql('ALTER TABLE user_data RENAME COLUMN gone TO ind');
    expect(await pipeline.emit({}, { cold: true })).toMatchObject({ emitted: { pin: 3, geo: 3, user: 3 } });
  });

  test('of a shard that was never given a range is none, and a foreign one is refused', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    expect(await pipeline.emit({ shard: 1 })).toMatchObject({ emitted: NOTHING, caughtUp: true });
    const group = emitterIdOf(pipeline.userId, 1);
    expect(await committed(pipeline, 1)).toMatchObject({ offset: '-1' });

    await commitAsConsumer(group, topicOf(pipeline.userId, 'pin'), 7);

    await expect(pipeline.emit({ shard: 1 })).rejects.toMatchObject({
      name: 'CheckpointError',
      message: expect.stringContaining(`group ${group} `),
    });
    const emitter = pipeline.newEmitter({ SHARDS: '2' });
    expect(await emitter.handle({ from: 4 }, 120_000)).toMatchObject({ emitted: NOTHING, caughtUp: true });
    expect(await pipeline.emit({ shard: 1 })).toMatchObject({ emitted: NOTHING, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });
});

describe('the checkpoint of a shard that was given a range', () => {
  test.each(['copy', 'follow'])('is missed when its group is gone (changes: %s)', async (changes) => {
    const pipeline = await testPipeline(1);
    const keys = 30_000;
    await pipeline.sql(
      ...SMALL_TABLES,
      ...STREAMS.map(({ table }) => `INSERT INTO ${table} SELECT seq, 'x' FROM ${sequence(1, keys)}`),
    );
    const [primary, shard] = [1, 2].map(() => pipeline.newEmitter({ SHARDS: '2', CHANGES: changes }));
    await primary?.handle({ limit: 1 }, 120_000);
    const group = emitterIdOf(pipeline.userId, 1);
    await withAdmin((admin) => admin.deleteGroups([group]));

    for (const event of [{}, { dryRun: true }]) {
      await expect(primary?.handle(event, 120_000)).rejects.toMatchObject({
        name: 'CheckpointError',
        retryable: false,
        message: expect.stringMatching(/Shard 1 was assigned .*\.emitter\.1, .*npm run verify -- --mend/),
      });
    }

    const from = { pinterest_data: 0, geolocation_data: 0, user_data: 0 };
    await primary?.handle({ from, limit: 1 }, 120_000);
    await shard?.handle({ shard: 1 }, 120_000);
    await primary?.handle({}, 120_000);
    expect(await pipeline.verify()).toMatchObject({ streams: { pin: { rows: keys, missing: 0 } } });
  });
});

describe('a consumer that is in the group of the emitter', () => {
  test('is named, whatever it commits, until it is gone', async () => {
    const pipeline = await withKeys(1, 2, 3);
    await pipeline.emit();
    const group = emitterIdOf(pipeline.userId);
    const consumer = testKafka().consumer({ groupId: group });
    const isIn = Promise.withResolvers<void>();
    consumer.on(consumer.events.GROUP_JOIN, () => isIn.resolve());
    await consumer.connect();
    await consumer.subscribe({ topic: topicOf(pipeline.userId, 'pin') });
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    await isIn.promise;

    await expectRefused(pipeline, `group ${group}`, 'client "test" at 127.0.0.1', 'Stop that consumer');
    await expect(pipeline.emit({ from: 0 })).rejects.toMatchObject({ name: 'CheckpointError' });

    await consumer.disconnect();
    await delay(100);
    expect(await pipeline.emit()).toMatchObject({ emitted: NOTHING, caughtUp: true });
  });
});
