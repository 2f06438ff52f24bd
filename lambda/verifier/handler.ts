import type { Kafka } from 'kafkajs';
import { readDatabaseLogin } from '../shared/database-login';
import { parseEnvironment } from '../shared/environment';
import { UnreachableError } from '../shared/errors';
import { whileReachable } from '../shared/kafka/broker-watch';
import { closeQuietly } from '../shared/kafka/close-quietly';
import { createKafka } from '../shared/kafka/kafka-client';
import { kafkaError } from '../shared/kafka/kafka-errors';
import { connectToDatabase } from '../shared/mysql/mysql-connection';
import { readSecret } from '../shared/read-secret';
import { verifierIdOf } from '../shared/streams';
import { parseVerifyEvent } from './event';
import type { VerificationReport } from './report';
import { verifyPipeline } from './verify-pipeline';

/**
 * The Lambda function that compares every record of the topics with every row of the tables, from where both can be
 * reached. It takes the variables of the emitter.
 *
 * @param event a {@link VerifyEvent}
 * @throws PipelineError when a table, topic or server cannot be read, or another invocation is comparing.
 */
export async function handler(event?: unknown): Promise<VerificationReport> {
  const { keys } = parseVerifyEvent(event);
  const environment = parseEnvironment(process.env);
  const { userId, database: source } = environment;
  const kafka = createKafka(environment.kafka);
  // The one group that the function's role may use.
  const groupId = verifierIdOf(userId);
  await refuseSecond(kafka, groupId);
  const database = await connectToDatabase(await readDatabaseLogin(source.login, readSecret), source.tls);
  try {
    return await verifyPipeline({ userId, groupId, kafka, database, keys });
  } finally {
    database.destroy();
  }
}

async function refuseSecond(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  try {
    const { groups } = await whileReachable(kafka, async () => {
      await admin.connect();
      return await admin.describeGroups([groupId]);
    });
    if (groups.every(({ members }) => members.length === 0)) return;
  } catch (error) {
    throw kafkaError(error, 'looking for another comparison', { group: groupId });
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
  throw new UnreachableError(
    `Another comparison is running in the group ${groupId}. One that was cut off leaves it within a minute.`,
  );
}
