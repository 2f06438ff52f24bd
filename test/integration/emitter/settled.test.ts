import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { perStream } from '../../../lambda/shared/streams';
import { testServers, testUserId } from '../../support/servers';

/** A publisher on the real broker, which says what it is made to say to offsets in a transaction. */
async function publisherWith(refusal: { type?: string }) {
  const kafka: Kafka = createKafka({
    brokers: testServers().bootstrapServers,
    authentication: 'none',
    region: 'us-east-1',
  });
  const calls: string[] = [];
  const newProducer = kafka.producer.bind(kafka);
  kafka.producer = (config) => {
    const producer = newProducer(config);
    const transaction = async () => {
      const real = await producer.transaction();
      return {
        ...real,
        sendOffsets: async (offsets: Parameters<typeof real.sendOffsets>[0]) => {
          calls.push('sendOffsets');
          if (refusal.type !== undefined) throw Object.assign(new Error('refused'), refusal);
          await real.sendOffsets(offsets);
        },
        commit: async () => {
          calls.push('commit');
          await real.commit();
        },
        abort: async () => {
          calls.push('abort');
          await real.abort();
        },
      };
    };
    return { ...producer, transaction };
  };
  const publisher = new KafkaTopicPublisher(kafka, await testUserId(1));
  await publisher.open();
  // The first open of empty topics commits the checkpoint that they begin with.
  calls.length = 0;
  return { publisher, calls };
}

const checkpoint = (nextKey: bigint) => perStream(() => ({ nextKey, unkeyed: '' }));

test('settled waits until Kafka takes offsets again, and commits nothing itself', async () => {
  const refusal: { type?: string } = {};
  const { publisher, calls } = await publisherWith(refusal);
  await publisher.commit(checkpoint(7n));
  refusal.type = 'CONCURRENT_TRANSACTIONS';

  let isSettled = false;
  const settled = publisher.awaitCommitVisible().then(() => {
    isSettled = true;
  });
  await delay(300);

  expect(isSettled).toBe(false);
  expect(calls.filter((call) => call === 'sendOffsets').length).toBeGreaterThan(3);
  refusal.type = undefined;
  await settled;
  expect(calls.filter((call) => call === 'commit')).toHaveLength(1);
  expect(calls.at(-1)).toBe('abort');
  expect(await publisher.open()).toEqual(checkpoint(7n));
  await publisher.discard();
});

test('settled does not throw where Kafka refuses for good, and what was committed stays', async () => {
  const refusal: { type?: string } = {};
  const { publisher } = await publisherWith(refusal);
  await publisher.commit(checkpoint(7n));
  refusal.type = 'INVALID_PRODUCER_EPOCH';

  await publisher.awaitCommitVisible();

  refusal.type = undefined;
  await expect(publisher.commit(checkpoint(9n))).rejects.toMatchObject({ name: 'UnreachableError' });
  expect(await publisher.open()).toEqual(checkpoint(7n));
  await publisher.discard();
});

test('settled asks nothing where nothing was committed', async () => {
  const { publisher, calls } = await publisherWith({});

  await publisher.awaitCommitVisible();

  expect(calls).toEqual([]);
  await publisher.discard();
});
