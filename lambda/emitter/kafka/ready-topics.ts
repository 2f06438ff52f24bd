import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { TopicError, UnreachableError } from '../../shared/errors';
import { knownTopics, type PartitionsByTopic } from '../../shared/kafka/known-topics';
import { problemsWith, readSettings } from '../../shared/kafka/topic-facts';
import type { TopicProblem } from '../../shared/kafka/topic-problems';
import { topicsOf } from '../../shared/streams';

/** Timeout for replicas to be in sync again, and the interval of looking, in milliseconds. */
const IN_SYNC_MS = 30_000;
const IN_SYNC_PAUSE_MS = 500;

/**
 * Finds the partitions of a user's topics.
 *
 * @throws TopicError naming the topics that are missing.
 */
export const findPartitions = (admin: Admin, userId: string): Promise<PartitionsByTopic> =>
  knownTopics(
    admin,
    topicsOf(userId),
    (missing) =>
      new TopicError(`Missing topics: ${missing.join(', ')}. Create them, or allow this role to see them.`),
  );

/**
 * Waits until a user's topics take rows.
 *
 * @param found their partitions, as they were just now
 * @param warn takes what is wrong with them and harms no row yet
 * @throws TopicError where topics are such that rows would be refused.
 * @throws UnreachableError where too few replicas are in sync for half a minute.
 */
export async function awaitReadyTopics(
  admin: Admin,
  userId: string,
  found: PartitionsByTopic,
  warn: (message: string) => void,
): Promise<PartitionsByTopic> {
  let partitions = found;
  const settings = await readSettings(admin, topicsOf(userId));
  for (const end = Date.now() + IN_SYNC_MS; ; partitions = await findPartitions(admin, userId)) {
    const problems = problemsWith(settings, partitions);
    const messagesOf = (...severities: TopicProblem['severity'][]): string[] =>
      problems.filter(({ severity }) => severities.includes(severity)).map(({ message }) => message);
    const refused = messagesOf('refuse');
    if (refused.length > 0) throw new TopicError(refused.join(' '));
    const waiting = messagesOf('wait');
    if (waiting.length === 0) {
      for (const message of messagesOf('warn', 'unreadable')) warn(message);
      return partitions;
    }
    if (Date.now() > end) throw new UnreachableError(waiting.join(' '));
    await sleep(IN_SYNC_PAUSE_MS);
  }
}
