import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { type PerStream, STREAMS, topicOf } from '../../lambda/shared/streams';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../../lambda/verifier/read-offset-ranges';
import { type CommittedRecord, committedRecord } from './committed-record';

/** Offsets that are read at the end of a partition: the last ones are markers of transactions, and no records. */
const TAIL = 20;

/**
 * Reads the last committed record of each stream: the one that was sent last, whatever its partition.
 *
 * @returns none of a stream whose topic has no record among its last offsets
 */
export async function lastRecords(
  kafka: Kafka,
  userId: string,
): Promise<Partial<PerStream<CommittedRecord>>> {
  const topics = STREAMS.map(({ name }) => topicOf(userId, name));
  const ranges = await committedOffsetRanges(kafka, topics);
  const last = new Map<string, CommittedRecord>();
  await readOffsetRanges(kafka, {
    groupId: `${userId}.last-records.${randomUUID()}`,
    ranges: ranges.map((range) => ({ ...range, from: Math.max(range.from, range.to - TAIL) })),
    onMessage: (message, range) => {
      const record = committedRecord(message, range);
      if (record.time >= (last.get(record.topic)?.time ?? '')) last.set(record.topic, record);
    },
  });
  return Object.fromEntries(
    STREAMS.flatMap(({ name }) => {
      const record = last.get(topicOf(userId, name));
      return record === undefined ? [] : [[name, record]];
    }),
  );
}
