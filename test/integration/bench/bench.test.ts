import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TRANSACTION_IS_ENDING, whileTransient } from '../../../lambda/shared/kafka/transient';
import { topicOf, topicsOf } from '../../../lambda/shared/streams';
import { checkCommitted, checkWritten, streamTopics } from '../../../scripts/bench/bench-topics';
import type { BenchReport } from '../../../scripts/bench/report';
import { testDirectory, testKafka, testUserId, uniqueName } from '../../support/servers';

/** Runs `npm run bench -- …` as a user's shell does, and gives what it wrote and its exit status. */
const bench = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const script = path.join(__dirname, '../../../scripts/bench.ts');
    execFile(process.execPath, ['--import', 'tsx', script, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the bundle that is deployed is measured beside the limits, on servers of its own', async () => {
  const output = testDirectory();

  const { status, stdout } = await bench(
    ...['--rows', '2000', '--rounds', '1', '--only', 'emitter,select,producer', '--even-if-busy', '--json'],
    ...['--output', output],
  );

  expect(status).toBe(0);
  const report = JSON.parse(stdout) as BenchReport;
  expect(report).toMatchObject({
    memoryMB: 1024,
    recordBytes: { pin: expect.any(Number), geo: expect.any(Number), user: expect.any(Number) },
  });
  expect(report.recordBytes.pin).toBeGreaterThan(report.recordBytes.user);
  expect(report.figures.map(({ subject }) => subject)).toEqual([
    'emitter-cold',
    'emitter-warm',
    'emitter-plain',
    'select',
    'producer',
  ]);
  for (const figures of report.figures) {
    expect(figures).toMatchObject({ rows: 2_000, rounds: 1, isExtrapolated: false });
    expect(figures.rowsPerSecond.median).toBeCloseTo(6_000 / figures.seconds.median);
    expect(figures.peakBytes.own.median).toBeGreaterThan(30_000_000);
  }
  const [cold] = report.figures;
  expect(cold?.cpuSecondsPerMillionRows.own.median).toBeGreaterThan(0);
  const [start] = report.startUp;
  expect(start?.loadMs.median).toBeLessThan(start?.firstCommitMs.median ?? 0);
  expect(start?.idleMs.median).toBeLessThan(start?.firstRunMs.median ?? 0);
  expect(JSON.parse(readFileSync(path.join(output, 'bench.json'), 'utf8'))).toEqual(report);
  expect(readdirSync(output)).toEqual(expect.arrayContaining(['bars.svg']));
});

describe('what is counted', () => {
  const kafka = testKafka();

  /** Sends records to every topic of a user in one transaction. */
  async function write(userId: string, count: number, { commit = true } = {}): Promise<void> {
    const producer = kafka.producer({
      transactionalId: uniqueName(),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    for (const topic of topicsOf(userId)) {
      const messages = Array.from({ length: count }, (_, key) => ({
        key: String(key),
        value: '{}',
        partition: 0,
      }));
      await transaction.send({ topic, messages });
    }
    await (commit ? transaction.commit() : transaction.abort());
    // It can take offsets when the one before is complete in every partition.
    const next = await producer.transaction();
    const topics = [{ topic: topicOf(userId, 'pin'), partitions: [{ partition: 0, offset: '1' }] }];
    await whileTransient(TRANSACTION_IS_ENDING, () =>
      next.sendOffsets({ consumerGroupId: uniqueName(), topics }),
    );
    await next.abort();
    await producer.disconnect();
  }

  test('are topics that hold every row, and those of a second turn by themselves', async () => {
    const userId = await testUserId();
    const topics = streamTopics(userId);
    await write(userId, 3);

    const ends = await checkCommitted(kafka, topics, 3);
    await write(userId, 5);

    await expect(checkCommitted(kafka, topics, 5, ends)).resolves.toHaveLength(9);
    await expect(checkCommitted(kafka, topics, 8)).resolves.toHaveLength(9);
  });

  test.each([2, 4])('and no topics that hold %d of 3', async (count) => {
    const userId = await testUserId();
    const topics = streamTopics(userId);
    await write(userId, count);

    const refusal = `${count} records in ${topics[0]}, ${count} records in ${topics[1]}, ${count} records in ${topics[2]} instead of 3`;
    await expect(checkCommitted(kafka, topics, 3)).rejects.toThrow(refusal);
  });

  test.each([2, 4])('also where %d of 3 were sent without a transaction', async (count) => {
    const userId = await testUserId();
    const [topic = ''] = streamTopics(userId);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: Array.from({ length: count }, () => ({ value: '{}', partition: 1 })),
    });
    await producer.disconnect();

    await expect(checkWritten(kafka, [topic], count)).resolves.toBeUndefined();
    await expect(checkWritten(kafka, [topic], 3)).rejects.toThrow(
      `${count} records in ${topic} instead of 3`,
    );
  });

  test('nor what was sent and taken back', async () => {
    const userId = await testUserId();
    await write(userId, 3, { commit: false });

    await expect(checkCommitted(kafka, streamTopics(userId), 3)).rejects.toThrow('0 records in');
  });
});
