import { Logger } from '@aws-lambda-powertools/logger';
import type { Kafka } from 'kafkajs';
import type { Emitter } from '../../lambda/emitter/emitter';
import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { EmitterVariables } from '../../lambda/shared/environment';
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
import type { DatabaseLogins } from '../../scripts/local/database-logins';
import { PipelineFixture } from './pipeline-fixture';
import { testDatabase, testDirectory, testKafka, testServers, testUserId, uniqueName } from './servers';

/** A record as a consumer in read_committed sees it. */
export interface TopicRecord {
  readonly partition: number;
  readonly key: string;
  /** JSON of the row; `null` for a tombstone. */
  readonly value: string;
  /** How the record changes what a reader has of its key; `undefined` for a row that was copied. */
  readonly op?: string;
  /** Position in the log of changes as of which its key was read again. */
  readonly gtid?: string;
}

const emitters: Emitter[] = [];

afterAll(async () => {
  await Promise.all(emitters.map((emitter) => emitter.end()));
});

/** A database and topics of a test's own in the shared servers, and the real emitter between them. */
export class TestPipeline extends PipelineFixture {
  protected override readonly kafka: Kafka;
  private warm: Emitter | undefined;

  constructor(
    userId: string,
    logins: DatabaseLogins,
    protected override readonly bootstrapServers: string[],
  ) {
    super(userId, logins, testDirectory());
    this.kafka = testKafka(bootstrapServers);
    this.changeLogin({});
  }

  protected override get emitterPort(): number {
    return this.logins.emitter.port;
  }

  /** A further emitter, with other variables where they are given; it ends with the tests of the file. */
  newEmitter(variables: EmitterVariables = {}): Emitter {
    const emitter = this.createEmitter(variables, new Logger({ logLevel: 'SILENT' }));
    emitters.push(emitter);
    return emitter;
  }

  /** One run of a warm emitter, or of a cold one. */
  async emit(
    event: EmitEvent = {},
    { cold = false, remainingMs = 120_000 }: { readonly cold?: boolean; readonly remainingMs?: number } = {},
  ): Promise<EmitSummary> {
    if (cold || this.warm === undefined) this.warm = this.newEmitter();
    return await this.warm.handle(event, remainingMs);
  }

  async records(stream: StreamName | 'dead-letter'): Promise<TopicRecord[]> {
    const topic = stream === 'dead-letter' ? deadLetterTopicOf(this.userId) : topicOf(this.userId, stream);
    return (await recordsOf(this.kafka, [topic])).get(topic) ?? [];
  }

  /** The records of all three streams, with one consumer. */
  async allRecords(): Promise<PerStream<TopicRecord[]>> {
    const found = await recordsOf(
      this.kafka,
      STREAMS.map(({ name }) => topicOf(this.userId, name)),
    );
    return perStream(({ name }) => found.get(topicOf(this.userId, name)) ?? []);
  }

  /**
   * @param port leads to the database another way. @default its own
   * @param tls of the connection to the database. @default 'off'
   */
  async verify(port = this.emitterPort, tls: DatabaseTls = 'off'): Promise<VerificationReport> {
    return await this.compare({ login: { ...this.logins.emitter, port }, tls });
  }
}

/**
 * @param partitions of each topic. @default 3
 * @param kafka brokers of the test's own, and the user whose topics they have. @default the shared broker and a new user
 * @param database logins of a database that is there already. @default those of a new one in the shared server
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
  return new TestPipeline(userId, logins, kafka?.bootstrapServers ?? testServers().bootstrapServers);
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
