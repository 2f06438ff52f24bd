import type { Admin, Kafka } from 'kafkajs';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { emitterIdOf, perStream, STREAMS, topicOf, topicsOf } from '../../../lambda/shared/streams';
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

test('the checkpoint is read by one request, for all topics: of several by name the client may leave some out', async () => {
  const userId = await testUserId(1);
  const other = await testUserId(1);
  const checkpoint = perStream(() => ({ nextKey: 7n, unkeyed: '' }));
  const first = new KafkaTopicPublisher(newKafka(), userId);
  await first.open();
  await first.commit(checkpoint);
  await first.awaitCommitVisible();
  await first.discard();
  await withAdmin((admin) =>
    admin.setOffsets({
      groupId: emitterIdOf(userId),
      topic: topicOf(other, 'pin'),
      partitions: [{ partition: 0, offset: '5' }],
    }),
  );

  const kafka = newKafka();
  const requests = offsetRequestsOf(kafka);
  const second = new KafkaTopicPublisher(kafka, userId);
  try {
    expect(await second.open()).toEqual(checkpoint);
    expect(requests).toEqual([{ groupId: emitterIdOf(userId) }]);
  } finally {
    await second.discard();
  }
});

/** The requests for committed offsets that a client is about to make. */
function offsetRequestsOf(kafka: Kafka): readonly unknown[] {
  const requests: unknown[] = [];
  const newAdmin = kafka.admin.bind(kafka);
  kafka.admin = (config) => {
    const admin = newAdmin(config);
    const fetchOffsets: Admin['fetchOffsets'] = async (options) => {
      requests.push(options);
      return await admin.fetchOffsets(options);
    };
    return { ...admin, fetchOffsets };
  };
  return requests;
}
