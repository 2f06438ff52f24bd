import type { KafkaMessage } from 'kafkajs';
import type { OffsetRange } from '../../lambda/verifier/read-offset-ranges';

/** A committed record of a topic, as texts. */
export interface CommittedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** When it was sent, ISO 8601. */
  readonly time: string;
  readonly key: string | null;
  /** `null` for a tombstone. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads a message of the Kafka client. */
export const committedRecord = (
  { offset, timestamp, key, value, headers = {} }: KafkaMessage,
  { topic, partition }: Pick<OffsetRange, 'topic' | 'partition'>,
): CommittedRecord => ({
  topic,
  partition,
  offset,
  time: new Date(Number(timestamp)).toISOString(),
  key: key === null ? null : key.toString(),
  value: value === null ? null : value.toString(),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
});

/**
 * Formats a record as one line: key, value and headers, separated by tabs; "null" for no value, as Kafka's console
 * consumer prints it. A record without headers has two columns.
 */
export const recordLine = ({ key, value, headers }: CommittedRecord): string =>
  [`${key}`, `${value}`, headersText(headers)].filter((text) => text !== '').join('\t');

/** Formats headers, for example `op=u gtid=0-1-7`; empty for none. */
export const headersText = (headers: CommittedRecord['headers']): string =>
  Object.entries(headers)
    .map(([name, text]) => `${name}=${text}`)
    .join(' ');
