import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import {
  AccessDeniedError,
  type PipelineError,
  TopicError,
  UnreachableError,
} from '../../lambda/shared/errors';
import { whileReachable } from '../../lambda/shared/kafka/broker-watch';
import { closeQuietly } from '../../lambda/shared/kafka/close-quietly';
import { kafkaError } from '../../lambda/shared/kafka/kafka-errors';
import { topicsOf } from '../../lambda/shared/streams';

/** Partitions of each topic, as on AWS by default. */
const PARTITIONS = 3;

/** Rows are kept for ever, as on AWS; Kafka's default is seven days. */
const KEPT = [{ name: 'retention.ms', value: '-1' }];

/** Timeout for new topics to be known to all brokers, in milliseconds. */
const KNOWN_MS = 30_000;

/**
 * Creates those of the user's topics that are missing, and waits until every partition has a leader.
 *
 * @param partitions of each topic. @default 3
 * @throws UnreachableError when that takes longer than half a minute, or a broker cannot be reached.
 * @throws TopicError naming the topic that Kafka does not create, and why.
 * @throws AccessDeniedError naming the topic that this user may not create.
 */
export async function createTopics(kafka: Kafka, userId: string, partitions = PARTITIONS): Promise<void> {
  const topics = topicsOf(userId);
  const admin = kafka.admin();
  try {
    await whileReachable(kafka, async () => {
      await admin.connect();
      await createMissing(admin, topics, partitions);
      for (const end = Date.now() + KNOWN_MS; !(await haveLeaders(admin, topics)); await delay(50)) {
        if (Date.now() > end) throw new UnreachableError(`The topics ${topics.join(', ')} have no leaders.`);
      }
    });
  } catch (error) {
    throw kafkaError(error, 'creating the topics', { topics });
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
}

async function createMissing(admin: Admin, topics: readonly string[], numPartitions: number): Promise<void> {
  try {
    await admin.createTopics({
      // The client's own waiting gives up on a broker that has not heard of the topic yet (kafkajs 2.2.4).
      waitForLeaders: false,
      topics: topics.map((topic) => ({ topic, numPartitions, configEntries: KEPT })),
    });
  } catch (error) {
    const refusals = refusalsIn(error).filter(({ type }) => type !== 'TOPIC_ALREADY_EXISTS');
    const [refusal] = refusals;
    if (refusal === undefined) throw error;
    const existing = await admin.listTopics();
    throw creationError(refusal, existing, error);
  }
}

/** Kafka's answer about one topic. */
interface Refusal {
  readonly type: string;
  readonly code: number;
  readonly topic: string;
  readonly message: string;
}

/** The client gathers what Kafka says of each topic in one error, below others. */
function refusalsIn(error: unknown): readonly Refusal[] {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('errors' in link) return link.errors as Refusal[];
  }
  return [];
}

function creationError(
  { type, code, topic, message }: Refusal,
  existing: readonly string[],
  cause: unknown,
): PipelineError {
  const says = `Kafka did not create topic ${topic}: ${message} (${type}, ${code}).`;
  switch (type) {
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
      return new AccessDeniedError(
        `${says} Missing: kafka-cluster:CreateTopic on the topic ${topic} (as an ACL: Create).`,
        { cause },
      );
    case 'INVALID_TOPIC_EXCEPTION': {
      const other = existing.find((name) => name !== topic && plain(name) === plain(topic));
      return new TopicError(
        other === undefined
          ? says
          : `${says} Its name collides with that of topic ${other}: to Kafka "." and "_" are the same there.`,
        { cause },
      );
    }
    case 'INVALID_REPLICATION_FACTOR':
      return new TopicError(
        `${says} The default of the cluster (default.replication.factor) is more than it has brokers.`,
        { cause },
      );
    default:
      return new TopicError(says, { cause });
  }
}

const plain = (topic: string): string => topic.replaceAll('.', '_');

async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<boolean> {
  const known = (await admin.fetchTopicMetadata()).topics;
  return topics.every((topic) => {
    const partitions = known.find(({ name }) => name === topic)?.partitions ?? [];
    return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
  });
}
