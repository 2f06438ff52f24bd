import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Connection } from 'mysql2';
import { TopicError } from '../shared/errors';
import { describeTopics } from '../shared/kafka/topic-facts';
import { verifierIdOf } from '../shared/streams';
import { compactedStreams } from './compacted-streams';
import { kafkaRecordSource } from './kafka-record-source';
import { mysqlRowSource } from './mysql-row-source';
import type { VerificationReport } from './report';
import { type KeysRequest, verify } from './verify';

/** Connections that {@link verifyPipeline} uses, and leaves open. */
export interface PipelineConnections {
  readonly userId: string;
  /** Consumer group that reads the topics, and nobody else's. @default a new one */
  readonly groupId?: string;
  readonly kafka: Kafka;
  /** Made by `connectToDatabase`; used for nothing else meanwhile. */
  readonly database: Connection;
  /** Request for the keys that differ. @default none */
  readonly keys?: KeysRequest | undefined;
  /** Takes what is wrong with the topics and no reason not to compare, a sentence each. @default nobody */
  readonly warn?: (message: string) => void;
}

/**
 * Compares the topics of a user with the tables of a database; see {@link verify}.
 *
 * @throws TopicError naming the topics whose records could not be decoded.
 */
export async function verifyPipeline({
  userId,
  groupId = `${verifierIdOf(userId)}.${randomUUID()}`,
  kafka,
  database,
  keys,
  warn = () => {},
}: PipelineConnections): Promise<VerificationReport> {
  const { settings, problems } = await describeTopics(kafka, userId);
  const unreadable = problems.filter(({ severity }) => severity === 'unreadable');
  if (unreadable.length > 0) throw new TopicError(unreadable.map(({ message }) => message).join(' '));
  for (const { message } of problems) warn(message);
  return await verify({
    userId,
    compacted: compactedStreams(settings, userId),
    rows: mysqlRowSource(database),
    records: kafkaRecordSource(kafka, userId, groupId),
    keys,
  });
}
