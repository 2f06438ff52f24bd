import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { Connection } from 'mysql2';
import { verifierIdOf } from '../emitter/streams';
import { kafkaRecordSource } from './kafka-record-source';
import { mysqlRowSource } from './mysql-row-source';
import type { VerificationReport } from './report';
import { verify } from './verify';

/** What {@link verifyPipeline} works with; all of it is left open. */
export interface PipelineConnections {
  readonly userId: string;
  /** Consumer group that reads the topics, and nobody else's. @default a new one */
  readonly groupId?: string;
  readonly kafka: Kafka;
  /** Made by `connectToDatabase`; used for nothing else meanwhile. */
  readonly database: Connection;
}

/** Compares the topics of a user with the tables of a database; see {@link verify}. */
export const verifyPipeline = ({
  userId,
  groupId = `${verifierIdOf(userId)}.${randomUUID()}`,
  kafka,
  database,
}: PipelineConnections): Promise<VerificationReport> =>
  verify({ userId, rows: mysqlRowSource(database), records: kafkaRecordSource(kafka, userId, groupId) });
