import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { installKafkaPatches } from '../../lambda/shared/kafka/kafka-patches';

/** Time that a broker waits for records before it answers, in milliseconds. */
const MAX_WAIT_MS = 20;

/**
 * Reads a topic from its end on, as a reader in read_committed does, until it is stopped.
 *
 * @param onKeys takes the keys of records that have just become visible
 * @returns stops it
 */
export async function watchRecords(
  kafka: Kafka,
  topic: string,
  onKeys: (keys: readonly string[]) => void,
): Promise<() => Promise<void>> {
  installKafkaPatches();
  const groupId = `bench.${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: MAX_WAIT_MS });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: false });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => onKeys(batch.messages.map(({ key }) => String(key))),
  });
  await joined;
  return async () => await consumer.disconnect();
}
