import { type Admin, ConfigResourceTypes, type Kafka, type PartitionMetadata } from 'kafkajs';
import { topicsOf } from '../streams';
import { whileReachable } from './broker-watch';
import { kafkaError, protocolErrorType } from './kafka-errors';
import { problemsOf, TOPIC_SETTINGS, type TopicFacts, type TopicProblem } from './topic-problems';
import { TOPIC_IS_YOUNG, whileTransient } from './transient';

/** Settings by topic; none of them where this user may not see any. */
export type SettingsByTopic = ReadonlyMap<string, TopicFacts['settings']>;

/** Reads the settings of topics, which must exist. */
export async function readSettings(admin: Admin, topics: readonly string[]): Promise<SettingsByTopic> {
  try {
    // Any broker may be asked, whichever it was that told of the topics.
    const { resources } = await whileTransient(TOPIC_IS_YOUNG, () =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: topics.map((name) => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configNames: [...TOPIC_SETTINGS],
        })),
      }),
    );
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  } catch (error) {
    // Whoever made the topics may have allowed no more than to use them.
    if (protocolErrorType(error)?.endsWith('AUTHORIZATION_FAILED') === true) return new Map();
    throw error;
  }
}

/** Finds what is wrong with topics. */
export const problemsWith = (
  settings: SettingsByTopic,
  partitions: ReadonlyMap<string, readonly PartitionMetadata[]>,
): TopicProblem[] =>
  [...settings].flatMap(([topic, values]) =>
    problemsOf({
      topic,
      settings: values,
      partitions: (partitions.get(topic) ?? []).map(({ replicas, isr }) => ({
        replicas: replicas.length,
        inSync: isr.length,
      })),
    }),
  );

/** What is known of a user's topics. */
export interface DescribedTopics {
  /** Of those that exist. */
  readonly settings: SettingsByTopic;
  readonly problems: readonly TopicProblem[];
}

/** Finds what is wrong with those of a user's topics that exist; throws as {@link describeTopics}. */
export const checkTopics = async (kafka: Kafka, userId: string): Promise<readonly TopicProblem[]> =>
  (await describeTopics(kafka, userId)).problems;

/**
 * Describes those of a user's topics that exist.
 *
 * @throws PipelineError when Kafka cannot be asked.
 */
export async function describeTopics(kafka: Kafka, userId: string): Promise<DescribedTopics> {
  const admin = kafka.admin();
  try {
    return await whileReachable(kafka, async () => {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata();
      const partitions = new Map(topics.map((topic) => [topic.name, topic.partitions]));
      const existing = topicsOf(userId).filter((topic) => partitions.has(topic));
      // The client does not ask for nothing.
      const settings = existing.length === 0 ? new Map() : await readSettings(admin, existing);
      return { settings, problems: problemsWith(settings, partitions) };
    });
  } catch (error) {
    throw kafkaError(error, 'describing the topics', { topics: topicsOf(userId) });
  } finally {
    // It may get stuck where a broker is gone; nothing depends on it.
    void admin.disconnect().catch(() => {});
  }
}
