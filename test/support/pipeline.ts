import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Kafka } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { Emitter } from '../../lambda/emitter/emitter';
import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { type EmitterVariables, parseEnvironment } from '../../lambda/shared/environment';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import {
  deadLetterTopicOf,
  type PerStream,
  perStream,
  STREAMS,
  type StreamName,
  topicOf,
} from '../../lambda/shared/streams';
import type { DatabaseTls } from '../../lambda/shared/trusted-certificates';
import { committedOffsetRanges } from '../../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../../lambda/verifier/read-offset-ranges';
import type { VerificationReport } from '../../lambda/verifier/report';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import { type DatabaseLogins, writeCredentialsFile } from '../../scripts/local/database-logins';
import { testDatabase, testDirectory, testKafka, testServers, testUserId, uniqueName } from './servers';

/** A record as a consumer in read_committed sees it. */
export interface TopicRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  /** How the record changes what a reader has of its key; `undefined` for a row that was copied. */
  readonly op?: string;
  /** Position in the log of changes as of which its key was read again. */
  readonly gtid?: string;
}

/** A database and topics of a test's own in the shared servers, and the real emitter between them. */
export interface TestPipeline {
  readonly userId: string;
  readonly logins: DatabaseLogins;
  /** The emitter's environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Writes another login, or parts of one, into the credentials file that the emitters read. */
  changeLogin(change: Partial<DatabaseLogin>): void;
  /** A further emitter, with other variables where they are given; it ends with the tests of the file. */
  newEmitter(variables?: EmitterVariables): Emitter;
  /** Runs statements as the owner of the database. */
  sql(...statements: string[]): Promise<void>;
  /** One run of a warm emitter, or of a cold one. */
  emit(
    event?: EmitEvent,
    options?: { readonly cold?: boolean; readonly remainingMs?: number },
  ): Promise<EmitSummary>;
  records(stream: StreamName | 'dead-letter'): Promise<TopicRecord[]>;
  /** The records of all three streams, with one consumer. */
  allRecords(): Promise<PerStream<TopicRecord[]>>;
  /**
   * @param port leads to the database another way. @default its own
   * @param tls of the connection to the database. @default 'off'
   */
  verify(port?: number, tls?: DatabaseTls): Promise<VerificationReport>;
}

const emitters: Emitter[] = [];

afterAll(async () => {
  await Promise.all(emitters.map((emitter) => emitter.end()));
});

/**
 * @param partitions of each topic. @default 3
 * @param kafka brokers of the test's own, and the user whose topics they have. @default the shared broker and a new user
 * @param logins of a database that is there already. @default those of a new one in the shared server
 */
export async function testPipeline(
  partitions = 3,
  kafka?: { readonly bootstrapServers: string[]; readonly userId: string },
  database?: DatabaseLogins,
): Promise<TestPipeline> {
  const [logins, userId] = await Promise.all([
    database ?? testDatabase(),
    kafka?.userId ?? testUserId(partitions),
  ]);
  const bootstrapServers = kafka?.bootstrapServers ?? testServers().bootstrapServers;
  const client = testKafka(bootstrapServers);
  const directory = testDirectory();
  mkdirSync(directory, { recursive: true });
  const credentialsFile = path.join(directory, 'db_creds.yaml');
  writeCredentialsFile(credentialsFile, logins.emitter);
  const variables = {
    USER_ID: userId,
    KAFKA_BROKERS: bootstrapServers.join(','),
    KAFKA_AUTHENTICATION: 'none',
    DATABASE_CREDENTIALS_FILE: credentialsFile,
  };
  const newEmitter = (others: EmitterVariables = {}) => {
    const environment = parseEnvironment({ ...variables, ...others });
    const emitter = new Emitter(environment, new Logger({ logLevel: 'SILENT' }));
    emitters.push(emitter);
    return emitter;
  };
  let warm = newEmitter();
  return {
    userId,
    logins,
    variables,
    changeLogin: (change) => writeCredentialsFile(credentialsFile, { ...logins.emitter, ...change }),
    newEmitter,
    sql: async (...statements) => {
      const connection = await createConnection({ ...logins.owner });
      try {
        for (const statement of statements) await connection.query(statement);
      } finally {
        await connection.end();
      }
    },
    emit: async (event = {}, { cold = false, remainingMs = 120_000 } = {}) => {
      if (cold) warm = newEmitter();
      return await warm.handle(event, remainingMs);
    },
    records: async (stream) => {
      const topic = stream === 'dead-letter' ? deadLetterTopicOf(userId) : topicOf(userId, stream);
      return (await recordsOf(client, [topic])).get(topic) ?? [];
    },
    allRecords: async () => {
      const found = await recordsOf(
        client,
        STREAMS.map(({ name }) => topicOf(userId, name)),
      );
      return perStream(({ name }) => found.get(topicOf(userId, name)) ?? []);
    },
    verify: async (port = logins.emitter.port, tls = 'off') => {
      const database = await connectToDatabase({ ...logins.emitter, port }, tls);
      try {
        return await verifyPipeline({ userId, kafka: client, database });
      } finally {
        database.destroy();
      }
    },
  };
}

/** The records of some topics that a consumer in read_committed sees, by topic. */
async function recordsOf(kafka: Kafka, topics: readonly string[]): Promise<Map<string, TopicRecord[]>> {
  const found = new Map<string, TopicRecord[]>(topics.map((topic) => [topic, []]));
  await readOffsetRanges(kafka, {
    groupId: uniqueName(),
    ranges: await committedOffsetRanges(kafka, topics),
    onMessage: ({ key, value, headers }, { topic, partition }) =>
      found.get(topic)?.push({
        partition,
        key: String(key),
        value: String(value),
        ...(headers?.['op'] !== undefined && { op: String(headers['op']) }),
        ...(headers?.['gtid'] !== undefined && { gtid: String(headers['gtid']) }),
      }),
  });
  return found;
}

/** The three tables with nothing but a key and a text, for tests that are not about columns. */
export const SMALL_TABLES = [
  'CREATE TABLE pinterest_data (`index` BIGINT, title TEXT, KEY (`index`))',
  'CREATE TABLE geolocation_data (ind BIGINT, country TEXT, KEY (ind))',
  'CREATE TABLE user_data (ind BIGINT, first_name TEXT, KEY (ind))',
] as const;

/** SQL: a table `s` of the numbers `seq` from one to another, in MariaDB and MySQL. */
export const sequence = (from: number, to: number): string =>
  `(SELECT ${from - 1} + i AS seq FROM JSON_TABLE(CONCAT('[', REPEAT('0,', ${to - from}), '0]'), '$[*]' COLUMNS (i FOR ORDINALITY)) AS numbers) AS s`;
