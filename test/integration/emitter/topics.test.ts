import { Logger } from '@aws-lambda-powertools/logger';
import { ConfigResourceTypes } from 'kafkajs';
import { topicOf, topicsOf } from '../../../lambda/shared/streams';
import { KAFKA_VERSION, KAFKA_VERSION_VARIABLE } from '../../../scripts/local/downloads';
import { verify } from '../../../scripts/verify';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testServers, withAdmin } from '../../support/servers';

async function withRows(): Promise<TestPipeline> {
  const pipeline = await testPipeline(1);
  await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data SELECT seq, 'a post' FROM seq_1_to_100");
  return pipeline;
}

/** Sets these settings of a topic, and takes back all others. */
const alter = (topic: string, settings: Readonly<Record<string, string>>): Promise<unknown> =>
  withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );

const KEPT = { 'retention.ms': '-1' };

/** What an emitter says of topics in two cold opens, of which the second is that of another shard. */
async function warningsOf(pipeline: TestPipeline): Promise<string[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const emitter = pipeline.newEmitter();
  await emitter.handle({}, 120_000);
  await emitter.handle({ shard: 1 }, 120_000);
  const lines = warn.mock.calls.map(([message]) => String(message));
  warn.mockRestore();
  // The client's own lines are about single requests.
  return lines.filter((line) => line.startsWith('Topic '));
}

const verifyPipeline = ({ userId, variables }: TestPipeline) =>
  runCommand(
    verify,
    ...['--creds', variables['DATABASE_CREDENTIALS_FILE'] as string],
    ...['--brokers', testServers().bootstrapServers.join(','), '--user-id', userId],
  );

test('topics as npm start makes them give no warning, neither to the emitter nor to verify', async () => {
  const pipeline = await withRows();

  expect(await warningsOf(pipeline)).toEqual([]);
  expect(await verifyPipeline(pipeline)).toMatchObject({ status: 0, stderr: '' });
});

/** Settings that Kafka 4 no longer takes. */
const OLD_SETTINGS: [Record<string, string>, string][] = (
  process.env[KAFKA_VERSION_VARIABLE] ?? KAFKA_VERSION
).startsWith('3.')
  ? [
      [{ 'segment.bytes': '20000' }, 'segment.bytes is 20000'],
      [{ 'message.timestamp.difference.max.ms': '0' }, 'message.timestamp.difference.max.ms is 0'],
    ]
  : [];

test.each<[Record<string, string>, string]>([
  ...OLD_SETTINGS,
  [{ 'max.message.bytes': '800000' }, 'max.message.bytes is 800000'],
  [{ 'min.insync.replicas': '2' }, 'min.insync.replicas is 2, and it has 1 replicas'],
  [{ 'message.timestamp.before.max.ms': '1000' }, 'message.timestamp.before.max.ms is 1000'],
])('a topic with %j is refused by name before anything is sent', async (settings, says) => {
  const pipeline = await withRows();
  const topic = topicOf(pipeline.userId, 'geo');
  await alter(topic, { ...KEPT, ...settings });

  await expect(pipeline.emit()).rejects.toMatchObject({
    name: 'TopicError',
    retryable: false,
    message: expect.stringContaining(`Topic ${topic}: ${says}`),
  });

  expect(await pipeline.records('pin')).toEqual([]);
  await alter(topic, KEPT);
  expect(await pipeline.emit()).toMatchObject({ emitted: { pin: 100 }, caughtUp: true });
});

test('what loses rows later is a warning, once for each topic, and of verify, too', async () => {
  const pipeline = await withRows();
  const [pin, geo] = [topicOf(pipeline.userId, 'pin'), topicOf(pipeline.userId, 'geo')];
  await alter(pin, { 'cleanup.policy': 'compact' });
  await alter(geo, { 'retention.ms': '604800000' });
  const warnings = [
    expect.stringContaining(`Topic ${pin}: cleanup.policy has compact`),
    expect.stringContaining(`Topic ${geo}: retention.ms is 604800000: rows disappear after 7 days`),
  ];

  expect(await warningsOf(pipeline)).toEqual(warnings);

  const { status, stderr } = await verifyPipeline(pipeline);
  expect(status).toBe(0);
  expect(stderr.trim().split('\n')).toEqual(warnings);
});

test.each(['snappy', 'lz4'])(
  'a topic with %s gets its rows, and verify says by name why it cannot read it',
  async (codec) => {
    const pipeline = await withRows();
    const topic = topicOf(pipeline.userId, 'pin');
    await alter(topic, { ...KEPT, 'compression.type': codec });

    expect(await warningsOf(pipeline)).toEqual([
      expect.stringContaining(`Topic ${topic}: compression.type is ${codec}`),
    ]);
    expect(await verifyPipeline(pipeline)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(
        `Topic ${topic}: compression.type is ${codec}, which "npm run verify" cannot read`,
      ),
    });

    // What was written before stays as it was written.
    await alter(topic, KEPT);
    const began = performance.now();
    const { status, stdout, stderr } = await verifyPipeline(pipeline);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`Partition 0 of topic ${topic} holds records that are compressed with ${codec}`);
    expect(stderr).not.toContain('not implemented');
    expect(performance.now() - began).toBeLessThan(20_000);
  },
);

test('all four topics are made to be kept', async () => {
  const { userId } = await withRows();

  const { resources } = await withAdmin((admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: topicsOf(userId).map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: ['retention.ms'],
      })),
    }),
  );

  expect(
    resources.flatMap(({ configEntries }) => configEntries.map(({ configValue }) => configValue)),
  ).toEqual(Array(4).fill('-1'));
});
