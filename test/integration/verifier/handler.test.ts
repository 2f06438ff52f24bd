import { verifierIdOf } from '../../../lambda/shared/streams';
import { handler } from '../../../lambda/verifier/handler';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { testKafka, withAdmin } from '../../support/servers';

test('the function compares topics with tables, in the one group that it may use', async () => {
  const pipeline = await pipelineInEnvironment();
  await pipeline.sql("INSERT INTO pinterest_data VALUES (1, 'one'), (2, 'two')");
  await pipeline.emit();

  expect(await handler()).toMatchObject({ equal: true, streams: { pin: { rows: 2, records: 2 } } });

  await pipeline.sql("INSERT INTO pinterest_data VALUES (3, 'three')");

  expect(await handler()).toMatchObject({ equal: false, streams: { pin: { missing: 1 } } });
  const { groups } = await withAdmin((admin) => admin.listGroups());
  expect(groups.filter(({ groupId }) => groupId.startsWith(verifierIdOf(pipeline.userId)))).toEqual([]);
});

test('names the keys that differ, in pages, for an event that asks for them', async () => {
  const pipeline = await pipelineInEnvironment();
  await pipeline.sql("INSERT INTO pinterest_data VALUES (9, 'nine'), (10, 'ten'), (11, 'eleven')");

  const first = await handler({ keys: { limit: 2 } });
  const second = await handler({ keys: { limit: 2, after: { pinterest_data: '10' } } });

  expect(first.streams.pin).toMatchObject({ missing: 3, differing: { keys: ['9', '10'], hasMore: true } });
  expect(second.streams.pin).toMatchObject({ missing: 3, differing: { keys: ['11'], hasMore: false } });
  await expect(handler({ keys: { limit: 0 } })).rejects.toThrow('keys.limit: allowed');
});

test('refuses to share its group with another comparison, which would be given a part of the partitions', async () => {
  const { userId } = await pipelineInEnvironment();
  const other = testKafka().consumer({ groupId: verifierIdOf(userId) });
  await other.connect();
  await other.subscribe({ topics: [`${userId}.pin`] });
  const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve));
  await other.run({ eachMessage: async () => {} });
  await joined;
  try {
    await expect(handler()).rejects.toThrow(
      `Another comparison is running in the group ${userId}.verifier. One that was cut off leaves it within a minute.`,
    );
  } finally {
    await other.disconnect();
  }
});

const outside = { ...process.env };

afterEach(() => {
  process.env = { ...outside };
});

/** Empty tables and topics that the environment of this process names, as a stack does for the function. */
async function pipelineInEnvironment() {
  const pipeline = await testPipeline();
  await pipeline.sql(...SMALL_TABLES);
  Object.assign(process.env, pipeline.variables);
  return pipeline;
}
