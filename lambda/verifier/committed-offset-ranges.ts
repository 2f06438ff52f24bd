import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka, KafkaJSError } from 'kafkajs';
import { PipelineError, TopicError } from '../shared/errors';
import { whileReachable } from '../shared/kafka/broker-watch';
import { closeQuietly } from '../shared/kafka/close-quietly';
import { kafkaError } from '../shared/kafka/kafka-errors';
import { knownTopics } from '../shared/kafka/known-topics';
import type { OffsetRange } from './read-offset-ranges';

/** Waits between tries, in milliseconds; together they are longer than Kafka takes to elect a leader. */
const TRY_AGAIN_AFTER_MS = [200, 400, 800, 1_600, 3_200, 6_400];

/**
 * The ranges of topics that hold everything that is committed now.
 *
 * A partition ends at its last stable offset (kafkajs asks for it by default): all transactions below it are decided,
 * so that a consumer of committed records gets there even while another transaction is open.
 *
 * kafkajs gives up at once, at times with a TypeError, while a partition has no leader or changes it, and only a new
 * client asks who the leader is now.
 *
 * @throws TopicError naming the topics that do not exist.
 * @throws UnreachableError when there is no leader after some twelve seconds.
 */
export async function committedOffsetRanges(
  kafka: Kafka,
  topics: readonly string[],
  waits = TRY_AGAIN_AFTER_MS,
): Promise<OffsetRange[]> {
  const [wait, ...laterWaits] = waits;
  const admin = kafka.admin();
  try {
    return await whileReachable(kafka, async () => {
      await admin.connect();
      return await offsetRangesNow(admin, topics);
    });
  } catch (error) {
    if (wait === undefined || error instanceof PipelineError || (error as KafkaJSError).retriable === false) {
      throw kafkaError(error, 'reading the end offsets of the topics', { topics });
    }
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
  await delay(wait);
  return await committedOffsetRanges(kafka, topics, laterWaits);
}

async function offsetRangesNow(admin: Admin, topics: readonly string[]): Promise<OffsetRange[]> {
  await knownTopics(
    admin,
    topics,
    (missing) => new TopicError(`Kafka has no topic ${missing.join(', ')}, or this user may not read it.`),
  );
  const ranges: OffsetRange[] = [];
  // One after another: of topics that it is asked for at once the client may find no partitions (kafkajs 2.2.4).
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      ranges.push({ topic, partition, from: Number(low), to: Number(high) });
    }
  }
  return ranges;
}
