import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { topicsOf } from '../../../lambda/shared/streams';
import { offsets } from '../../../scripts/offsets';
import { tail } from '../../../scripts/tail';
import type { CommandLine } from '../../../scripts/terminal/command';
import { topics } from '../../../scripts/topics';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testKafka, testServers, withAdmin } from '../../support/servers';

let pipeline: TestPipeline;
let args: string[];

const run = (command: CommandLine, ...argv: readonly string[]) => runCommand(command, ...args, ...argv);
const linesOf = (text: string): string[] => text.trimEnd().split('\n');

beforeAll(async () => {
  pipeline = await testPipeline();
  args = ['--brokers', testServers().bootstrapServers.join(','), '--user-id', pipeline.userId];
  await pipeline.sql(
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Edith'), (-1, 'Nobody')",
  );
  await pipeline.emit();
  await pipeline.sql(
    "UPDATE user_data SET first_name = 'Mary' WHERE ind = 2",
    'DELETE FROM user_data WHERE ind = 3',
  );
  await pipeline.emit();
  // Somebody's transaction that came to nothing.
  const producer = testKafka().producer({ transactionalId: pipeline.userId, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: `${pipeline.userId}.user`, messages: [{ key: '9', value: '{"ind":9}' }] });
  await transaction.abort();
  await producer.disconnect();
});

describe('npm run topics', () => {
  test('lists the topics of the user', async () => {
    const { status, stdout } = await run(topics);

    expect({ status, topics: linesOf(stdout) }).toEqual({
      status: 0,
      topics: topicsOf(pipeline.userId).toSorted(),
    });
  });

  test('as JSON says how many partitions they have', async () => {
    const { stdout } = await run(topics, '--json');

    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(
      topicsOf(pipeline.userId)
        .toSorted()
        .map((topic) => ({ topic, partitions: 3 })),
    );
  });
});

describe('npm run tail', () => {
  /** Five records: three rows, an update and a tombstone. */
  const user = (...argv: readonly string[]) => run(tail, 'user', '--max-messages', '5', ...argv);

  test('prints key, value and headers of the committed records, and null for a tombstone', async () => {
    const { status, stdout } = await user();

    expect(status).toBe(0);
    expect(linesOf(stdout).toSorted()).toEqual([
      '1\t{"ind":1,"first_name":"Ada"}',
      expect.stringMatching(/^2\t\{"ind":2,"first_name":"Grace"\}$/),
      expect.stringMatching(/^2\t\{"ind":2,"first_name":"Mary"\}\top=u gtid=\S+$/),
      expect.stringMatching(/^3\tnull\top=d gtid=\S+$/),
      '3\t{"ind":3,"first_name":"Edith"}',
    ]);
  });

  test('as JSON has the text of the value, or null', async () => {
    const { stdout } = await user('--json');
    const records = linesOf(stdout).map((line) => JSON.parse(line));

    expect(records.find(({ value }) => value === null)).toEqual({
      topic: `${pipeline.userId}.user`,
      partition: expect.any(Number),
      offset: expect.stringMatching(/^\d+$/),
      time: expect.stringMatching(/^20\d\d-.*Z$/),
      key: '3',
      value: null,
      headers: { op: 'd', gtid: expect.any(String) },
    });
    expect(records.find(({ key }) => key === '1')).toMatchObject({
      value: '{"ind":1,"first_name":"Ada"}',
      headers: {},
    });
  });

  test('shows dead letters', async () => {
    const { stdout } = await run(tail, 'dead-letter', '--max-messages', '1');

    expect(stdout).toMatch(/^user_data:\w+\t\{"table":"user_data","key":null,"reason":"column ind is NULL/);
  });

  test('waits for more, and ends with Ctrl-C', async () => {
    const script = path.resolve(__dirname, '../../../scripts/tail.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, ...args, 'user'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface(child.stdout);
    const seen: string[] = [];
    lines.on('line', (line) => seen.push(line));
    const seenAll = async (count: number): Promise<void> => {
      while (seen.length < count) await once(lines, 'line');
    };

    await seenAll(5);
    await pipeline.sql("INSERT INTO user_data VALUES (4, 'Joan')");
    await pipeline.emit();
    await seenAll(6);
    expect(seen[5]).toBe('4\t{"ind":4,"first_name":"Joan"}');

    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const { groups } = await withAdmin((admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith(`${pipeline.userId}.tail`))).toEqual([]);
  });

  test('names a topic that is missing', async () => {
    const brokers = testServers().bootstrapServers.join(',');

    expect(await runCommand(tail, '--brokers', brokers, '--user-id', 'nobody', 'pin')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Kafka has no topic nobody.pin'),
    });
  });
});

describe('npm run offsets', () => {
  test('shows the checkpoint with its steps, and where each partition ends', async () => {
    const { status, stdout } = await run(offsets);
    const id = pipeline.userId;

    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${id}\\.emitter +${id}\\.user +5  0 to 4: GTID \\S+$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${id}\\.dead-letter +2 +\\d+$`, 'm'));
    expect(linesOf(stdout)).toHaveLength(1 + 3 + 1 + 1 + 4 * 3);
  });

  test('names a checkpoint of a shard that somebody else has set', async () => {
    const groupId = `${pipeline.userId}.emitter.2`;
    const topic = `${pipeline.userId}.geo`;
    await withAdmin((admin) =>
      admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '30' }] }),
    );

    const { stdout } = await run(offsets, '--json');

    expect(linesOf(stdout).map((line) => JSON.parse(line))).toContainEqual({
      kind: 'checkpoint',
      group: groupId,
      topic,
      nextKey: '30',
      foreign: 'the emitter writes other metadata',
    });
  });
});
