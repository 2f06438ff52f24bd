import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, PartitionMetadata } from 'kafkajs';

/** Timeout for a broker to hear of topics that others know, and the interval of asking, in milliseconds. */
const KNOWN_MS = 2_000;
const KNOWN_PAUSE_MS = 100;

/** The partitions of topics, by their names. */
export type PartitionsByTopic = ReadonlyMap<string, PartitionMetadata[]>;

/**
 * Finds the partitions of topics, and of all others that the user may see. The broker that is asked may not have heard of
 * new topics yet, so missing ones are asked for again, of any broker, for two seconds.
 *
 * @param refusal makes the error to throw of the names that are missing then; the client would use up all its tries on them
 */
export async function knownTopics(
  admin: Admin,
  topics: readonly string[],
  refusal: (missing: readonly string[]) => Error,
): Promise<PartitionsByTopic> {
  for (const end = Date.now() + KNOWN_MS; ; await sleep(KNOWN_PAUSE_MS)) {
    const known = await admin.fetchTopicMetadata();
    const found = new Map(known.topics.map(({ name, partitions }) => [name, partitions]));
    const missing = topics.filter((topic) => !found.has(topic));
    if (missing.length === 0) return found;
    if (Date.now() > end) throw refusal(missing);
  }
}
