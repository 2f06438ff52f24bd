import path from 'node:path';
import type { Kafka } from 'kafkajs';
import { type PerStream, perStream, topicOf } from '../../lambda/shared/streams';
import { writeCredentialsFile } from '../local/database-logins';
import { EmitterProcess } from '../local/emitter-process';
import { firstRecords } from '../local/first-records';
import type { LocalServers } from '../local/pipeline-servers';
import { createTopics } from '../local/topics';
import { deleteTopics, streamTopics } from './bench-topics';

/** Number of records of each topic that are sampled. */
const SAMPLE = 200;

/** Returns the average bytes of a record of each topic, with its key, over the first records of the emitter. */
export async function recordBytesOf(
  kafka: Kafka,
  servers: LocalServers,
  name: string,
  directory: string,
): Promise<PerStream<number>> {
  const credentials = path.join(directory, `${name}.yaml`);
  writeCredentialsFile(credentials, servers.database.emitter);
  await createTopics(kafka, name);
  const emitter = new EmitterProcess(
    {
      USER_ID: name,
      KAFKA_BROKERS: servers.kafka.bootstrapServers.join(','),
      KAFKA_AUTHENTICATION: 'none',
      DATABASE_CREDENTIALS_FILE: credentials,
    },
    path.join(directory, 'emitter.log'),
  );
  try {
    await emitter.invoke({ limit: 5 * SAMPLE });
    const records = await firstRecords(kafka, name, streamTopics(name), SAMPLE);
    return perStream((stream) => {
      const sizes = records
        .filter(({ topic }) => topic === topicOf(name, stream.name))
        .map(({ key, value }) => Buffer.byteLength(key) + Buffer.byteLength(value));
      return Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length);
    });
  } finally {
    await emitter.stop();
    await deleteTopics(kafka, name);
  }
}
