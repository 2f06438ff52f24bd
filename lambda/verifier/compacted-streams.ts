import type { Kafka } from 'kafkajs';
import { whileReachable } from '../shared/kafka/broker-watch';
import { closeQuietly } from '../shared/kafka/close-quietly';
import { kafkaError } from '../shared/kafka/kafka-errors';
import { readSettings } from '../shared/kafka/topic-facts';
import { STREAMS, type StreamName, topicOf } from '../shared/streams';

/**
 * Finds the streams whose topics are compacted: these forget tombstones after a while.
 *
 * @returns none where this user may not see the settings of topics
 * @throws PipelineError when Kafka cannot be asked.
 */
export async function compactedStreams(kafka: Kafka, userId: string): Promise<ReadonlySet<StreamName>> {
  const admin = kafka.admin();
  const topics = STREAMS.map(({ name }) => topicOf(userId, name));
  try {
    return await whileReachable(kafka, async () => {
      await admin.connect();
      const existing = new Set(await admin.listTopics());
      const present = topics.filter((topic) => existing.has(topic));
      if (present.length === 0) return new Set();
      const settings = await readSettings(admin, present);
      return new Set(
        STREAMS.map(({ name }) => name).filter((name) =>
          settings.get(topicOf(userId, name))?.['cleanup.policy']?.includes('compact'),
        ),
      );
    });
  } catch (error) {
    throw kafkaError(error, 'describing the topics', { topics });
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
}
