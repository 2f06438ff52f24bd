import type { Admin, Kafka } from 'kafkajs';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { perStream, STREAMS, topicOf, topicsOf } from '../../../lambda/shared/streams';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { testServers, testUserId, withAdmin } from '../../support/servers';

/** What the client (kafkajs 2.2.4) leaves out without a word. */

const newKafka = (): Kafka =>
  createKafka({ brokers: testServers().bootstrapServers, authentication: 'none', region: 'us-east-1' });

test('partitions that were added since the producer was made get their rows, too', async () => {
  const pipeline = await testPipeline(1);
  const insert = (first: number, last: number) =>
    STREAMS.map(({ table }) => `INSERT INTO ${table} SELECT seq, 'row' FROM seq_${first}_to_${last}`);
  await pipeline.sql(...SMALL_TABLES, ...insert(1, 100));
  await pipeline.emit();

  await withAdmin((admin) =>
    admin.createPartitions({
      topicPartitions: topicsOf(pipeline.userId).map((topic) => ({ topic, count: 4 })),
    }),
  );
  await pipeline.sql(...insert(101, 300));

  expect(await pipeline.emit()).toMatchObject({ emitted: { pin: 200, geo: 200, user: 200 } });
  expect(await pipeline.verify()).toMatchObject({ equal: true });
  expect(new Set((await pipeline.records('pin')).map(({ partition }) => partition)).size).toBe(4);
});

test('a checkpoint that the client has not asked for is not taken for none, and asked for again', async () => {
  const userId = await testUserId(1);
  const checkpoint = perStream(() => ({ nextKey: 7n, unkeyed: '' }));
  const first = new KafkaTopicPublisher(newKafka(), userId);
  await first.open();
  await first.commit(checkpoint);
  await first.awaitCommitVisible();
  await first.discard();

  const kafka = newKafka();
  leaveOutOnce(kafka, topicOf(userId, 'user'));
  const second = new KafkaTopicPublisher(kafka, userId);
  try {
    await expect(second.open()).rejects.toMatchObject({ name: 'UnreachableError', retryable: true });
    await second.discard();
    expect(await second.open()).toEqual(checkpoint);
  } finally {
    await second.discard();
  }
});

/**
 * Makes the client do once what it does where it fetches the metadata of several topics at a time, and the answer that
 * comes last knows fewer of them: of the others it asks no partition.
 */
function leaveOutOnce(kafka: Kafka, leftOut: string): void {
  const newAdmin = kafka.admin.bind(kafka);
  let isLeftOut = false;
  kafka.admin = (config) => {
    const admin = newAdmin(config);
    const fetchOffsets: Admin['fetchOffsets'] = async (options) => {
      const answer = await admin.fetchOffsets(options);
      if (isLeftOut || options.topics?.includes(leftOut) !== true) return answer;
      isLeftOut = true;
      return answer.map((one) => (one.topic === leftOut ? { ...one, partitions: [] } : one));
    };
    return { ...admin, fetchOffsets };
  };
}
