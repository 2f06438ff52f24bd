import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { type OffsetRange, readOffsetRanges } from '../../lambda/verifier/read-offset-ranges';
import { grouped } from '../terminal/grouped';
import { withAdmin } from './with-admin';

/** Returns the three topics that a subject writes to. */
export const streamTopics = (name: string): string[] => STREAMS.map((stream) => topicOf(name, stream.name));

/**
 * Reads the topics, whose records are part of transactions, and checks that each has as many as there are rows.
 *
 * @param before where an earlier check ended. @default the beginning
 * @returns where this one ended.
 * @throws Error naming the topics that do not.
 */
export async function checkCommitted(
  kafka: Kafka,
  topics: readonly string[],
  rows: number,
  before: readonly OffsetRange[] = [],
): Promise<OffsetRange[]> {
  const all = await committedOffsetRanges(kafka, topics);
  const ranges = all.map((range) => ({ ...range, from: endIn(before, range) ?? range.from }));
  const counts = new Map(topics.map((topic) => [topic, 0]));
  await readOffsetRanges(kafka, {
    groupId: `bench.${randomUUID()}`,
    ranges,
    onMessage: (_, { topic }) => counts.set(topic, (counts.get(topic) ?? 0) + 1),
  });
  checkCounts(counts, rows);
  return all;
}

const endIn = (ranges: readonly OffsetRange[], { topic, partition }: OffsetRange): number | undefined =>
  ranges.find((range) => range.topic === topic && range.partition === partition)?.to;

/** @throws Error naming the topics that have not exactly as many records as there are rows. */
export function checkCounts(counts: ReadonlyMap<string, number>, rows: number): void {
  const wrong = [...counts].filter(([, count]) => count !== rows);
  if (wrong.length === 0) return;
  const found = wrong.map(([topic, count]) => `${grouped(count)} records in ${topic}`);
  throw new Error(`${found.join(', ')} instead of ${grouped(rows)}: nothing is measured by this.`);
}

/** Checks topics whose records are not part of transactions, by their offsets. @throws Error as {@link checkCounts}. */
export async function checkWritten(kafka: Kafka, topics: readonly string[], rows: number): Promise<void> {
  const ranges = await committedOffsetRanges(kafka, topics);
  const count = (topic: string): number =>
    ranges.filter((range) => range.topic === topic).reduce((sum, { from, to }) => sum + to - from, 0);
  checkCounts(new Map(topics.map((topic) => [topic, count(topic)])), rows);
}

/** Deletes every topic that begins with a name. */
export const deleteTopics = (kafka: Kafka, name: string): Promise<void> =>
  withAdmin(kafka, async (admin) => {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${name}.`));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  });
