import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { serverFiles } from '../../../scripts/local/downloads';
import { startKafka } from '../../../scripts/local/kafka';
import { silentProgress } from '../../../scripts/terminal/progress';
import { testDirectory } from '../../support/servers';

test('three brokers take a broker that is killed and started again, and stop', async () => {
  const { kafkaClassPath } = await serverFiles(silentProgress);
  const kafka = await startKafka({ classPath: kafkaClassPath, directory: testDirectory(), brokers: 3 });
  const client = new Kafka({
    brokers: kafka.bootstrapServers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 10_000,
    retry: { retries: 10, initialRetryTime: 200 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'cats', numPartitions: 1 }], waitForLeaders: false });
    const send = (value: string) => persistently(() => sendOnce(client, value));
    await send('before');

    const [, second] = kafka.brokers;
    const pid = second?.pid;
    await second?.kill('SIGKILL');
    await send('without one');

    await second?.start();
    expect(second?.pid).not.toBe(pid);
    await persistently(async () => expect((await admin.describeCluster()).brokers).toHaveLength(3));
    await send('after');
    const [{ offset } = { offset: '' }] = await persistently(() => admin.fetchTopicOffsets('cats'));
    expect(Number(offset)).toBeGreaterThanOrEqual(3);
  } finally {
    await admin.disconnect();
    await Promise.all([kafka.stop(), kafka.stop()]);
  }
  for (const { port } of kafka.brokers) {
    const [error] = await once(connect(port, '127.0.0.1'), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  }
});

async function sendOnce(client: Kafka, value: string): Promise<void> {
  const producer = client.producer();
  try {
    await producer.connect();
    await producer.send({ topic: 'cats', acks: -1, messages: [{ key: value, value, partition: 0 }] });
  } finally {
    await producer.disconnect();
  }
}

/** The client gives up at once, whatever its settings, when a broker that its metadata names refuses the connection. */
async function persistently<T>(request: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(500);
    }
  }
}
