import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { UnreachableError } from '../../lambda/emitter/errors';
import { topicsOf } from '../../lambda/emitter/streams';

/** Partitions of each topic, as on AWS by default. */
const PARTITIONS = 3;

/** How long brokers may take until all know the topics, in milliseconds. */
const KNOWN_MS = 30_000;

/**
 * Creates those of the user's topics that are missing, and waits until every partition has a leader.
 *
 * @param partitions of each topic. @default 3
 * @throws UnreachableError when that takes longer than half a minute.
 */
export async function createTopics(kafka: Kafka, userId: string, partitions = PARTITIONS): Promise<void> {
  const topics = topicsOf(userId);
  const admin = kafka.admin();
  await admin.connect();
  try {
    // The client's own waiting gives up on a broker that has not heard of the topic yet (kafkajs 2.2.4).
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map((topic) => ({ topic, numPartitions: partitions })),
    });
    for (const end = Date.now() + KNOWN_MS; !(await haveLeaders(admin, topics)); await delay(50)) {
      if (Date.now() > end) throw new UnreachableError(`The topics ${topics.join(', ')} have no leaders.`);
    }
  } finally {
    await admin.disconnect();
  }
}

async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<boolean> {
  const known = (await admin.fetchTopicMetadata()).topics;
  return topics.every((topic) => {
    const partitions = known.find(({ name }) => name === topic)?.partitions ?? [];
    return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
  });
}
