import type { Kafka } from 'kafkajs';
import { whileReachable } from '../../lambda/shared/kafka/broker-watch';
import { closeQuietly } from '../../lambda/shared/kafka/close-quietly';
import { kafkaError } from '../../lambda/shared/kafka/kafka-errors';

/**
 * Lists the topics whose names begin with the user id and a dot, in alphabetical order.
 *
 * @returns the number of partitions of each, by topic
 * @throws PipelineError when Kafka cannot be asked.
 */
export async function topicPartitions(kafka: Kafka, userId: string): Promise<ReadonlyMap<string, number>> {
  const admin = kafka.admin();
  try {
    const { topics } = await whileReachable(kafka, async () => {
      await admin.connect();
      return await admin.fetchTopicMetadata();
    });
    const own = topics.filter(({ name }) => name.startsWith(`${userId}.`));
    return new Map(own.map(({ name, partitions }) => [name, partitions.length] as const).sort(byName));
  } catch (error) {
    throw kafkaError(error, 'listing the topics');
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
}

const byName = ([one]: readonly [string, number], [other]: readonly [string, number]): number =>
  one < other ? -1 : 1;
