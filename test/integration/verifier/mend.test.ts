import { emitterIdOf, STREAMS, topicOf } from '../../../lambda/shared/streams';
import { verify } from '../../../scripts/verify';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testKafka, testServers, withAdmin } from '../../support/servers';

const mend = ({ userId, variables }: TestPipeline) =>
  runCommand(
    verify,
    '--mend',
    ...['--creds', variables['DATABASE_CREDENTIALS_FILE'] as string],
    ...['--brokers', testServers().bootstrapServers.join(','), '--user-id', userId],
  );

/** Rows with a usable key, one that is too large for a message as the last one, and some without a key, all emitted. */
async function emittedPipeline(): Promise<TestPipeline> {
  const pipeline = await testPipeline(2);
  await pipeline.sql(
    ...SMALL_TABLES,
    'ALTER TABLE pinterest_data MODIFY title LONGTEXT',
    ...STREAMS.map(({ table }) => `INSERT INTO ${table} SELECT seq, 'row' FROM ${sequence(1, 2_000)}`),
    "INSERT INTO pinterest_data VALUES (3000, REPEAT('x', 1000000)), (NULL, 'no key')",
    'DELETE FROM user_data',
  );
  await pipeline.emit();
  return pipeline;
}

/** Rows that are emitted once the checkpoint is right again. */
const insertMore = (pipeline: TestPipeline): Promise<unknown> =>
  pipeline.sql(...STREAMS.map(({ table }) => `INSERT INTO ${table} VALUES (4000, 'one more')`));

async function joinGroup(groupId: string, topic: string) {
  const consumer = testKafka().consumer({ groupId });
  const isIn = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => isIn.resolve());
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachMessage: async () => {} });
  consumer.pause([{ topic }]);
  await isIn.promise;
  return consumer;
}

test.each([0, 500, 5_000])(
  'a checkpoint that a consumer has set to %d is set behind the last row, which is a dead letter, and nothing is lost or repeated',
  async (offset) => {
    const pipeline = await emittedPipeline();
    await insertMore(pipeline);
    for (const { name } of STREAMS) {
      const topic = topicOf(pipeline.userId, name);
      const consumer = await joinGroup(emitterIdOf(pipeline.userId), topic);
      await consumer.commitOffsets([{ topic, partition: 0, offset: `${offset}` }]);
      await consumer.disconnect();
    }

    const { status, stdout, stderr } = await mend(pipeline);

    expect(stderr).toContain(
      'Setting the checkpoint to pinterest_data 3001, geolocation_data 2001, user_data 0.',
    );
    expect(stdout).toContain('Equal: 4,003 rows are in their topics once, 2 others are dead letters');
    expect(status).toBe(0);
    expect(await pipeline.emit({}, { cold: true })).toMatchObject({ caughtUp: true, deadLettered: 0 });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  },
);

test('a checkpoint that is gone is restored, and one that is not is left alone', async () => {
  const pipeline = await emittedPipeline();
  await insertMore(pipeline);
  await withAdmin((admin) => admin.deleteGroups([emitterIdOf(pipeline.userId)]));

  expect(await mend(pipeline)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Equal: 4,003 rows'),
  });
  expect(await mend(pipeline)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Equal: 4,003 rows'),
    stderr: expect.stringContaining('there is nothing to fix'),
  });
});

test('a consumer that is in the group of the emitter is to be stopped first', async () => {
  const pipeline = await emittedPipeline();
  const topic = topicOf(pipeline.userId, 'pin');
  const consumer = await joinGroup(emitterIdOf(pipeline.userId), topic);
  await consumer.commitOffsets([{ topic, partition: 0, offset: '7' }]);

  const { status, stdout, stderr } = await mend(pipeline);

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('has a live member: the client "test" at 127.0.0.1');
  expect(stderr).not.toContain('Setting the checkpoint');
  await consumer.disconnect();
  expect(await mend(pipeline)).toMatchObject({ status: 0 });
});
