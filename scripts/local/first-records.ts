import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { committedSpans } from '../../lambda/verifier/committed-spans';
import { readSpans } from '../../lambda/verifier/read-spans';

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
  const spans = await committedSpans(kafka, topics);
  const records: TopicRecord[] = [];
  const firstOfEach = topics.flatMap(
    (topic) => spans.find((span) => span.topic === topic && span.from < span.to) ?? [],
  );
  await readSpans(kafka, {
    groupId: `${userId}.first-records.${randomUUID()}`,
    spans: firstOfEach.map((span) => ({ ...span, to: Math.min(span.to, span.from + count) })),
    onMessage: ({ offset, key, value }, { topic, partition }) =>
      records.push({ topic, partition, offset, key: String(key), value: String(value) }),
  });
  return records.sort((a, b) => topics.indexOf(a.topic) - topics.indexOf(b.topic));
}
