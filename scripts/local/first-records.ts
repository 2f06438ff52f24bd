import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../../lambda/verifier/read-offset-ranges';

/** A record as it stands in a topic. */
export interface TopicRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly value: string;
}

/** The first few committed records of a partition of each topic; none of a topic that is empty. */
export async function firstRecords(
  kafka: Kafka,
  userId: string,
  topics: readonly string[],
  count: number,
): Promise<TopicRecord[]> {
  const ranges = await committedOffsetRanges(kafka, topics);
  const records: TopicRecord[] = [];
  const firstOfEach = topics.flatMap(
    (topic) => ranges.find((range) => range.topic === topic && range.from < range.to) ?? [],
  );
  await readOffsetRanges(kafka, {
    groupId: `${userId}.first-records.${randomUUID()}`,
    ranges: firstOfEach.map((range) => ({ ...range, to: Math.min(range.to, range.from + count) })),
    onMessage: ({ offset, key, value }, { topic, partition }) =>
      records.push({ topic, partition, offset, key: String(key), value: String(value) }),
  });
  return records.sort((a, b) => topics.indexOf(a.topic) - topics.indexOf(b.topic));
}
