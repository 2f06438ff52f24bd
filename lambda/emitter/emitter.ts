import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Kafka } from 'kafkajs';
import { type DatabaseLogin, readDatabaseLogin } from '../shared/database-login';
import type { EmitterEnvironment } from '../shared/environment';
import { UnreachableError } from '../shared/errors';
import { unreachableSignalOf } from '../shared/kafka/broker-watch';
import { createKafka } from '../shared/kafka/kafka-client';
import { ABORTED, raceAbort } from '../shared/race-abort';
import { readSecret } from '../shared/read-secret';
import { STREAMS } from '../shared/streams';
import { DryRunPublisher } from './dry-run-publisher';
import { emit } from './emit';
import { parseEvent } from './event';
import { KafkaTopicPublisher } from './kafka/topic-publisher';
import { MysqlChangeLog } from './mysql/change-log';
import { MysqlTableReader } from './mysql/table-reader';
import type { Progress } from './ports';
import { type EmitSummary, lagOf, summarise } from './summary';

/** Time before the function's timeout from which no further chunk is started, in milliseconds. */
export const DEADLINE_MARGIN_MS = 20_000;

/** Time before the function's timeout from which Kafka's answers are not waited for, in milliseconds: closing takes up to ten seconds. */
const CUT_OFF_MARGIN_MS = 12_000;

/** The emitter with its connections, which it keeps from one invocation to the next. */
export class Emitter {
  private readonly reader: MysqlTableReader;
  private readonly log: MysqlChangeLog;
  private readonly kafka: Kafka;
  /** By shard: those that this environment has served. */
  private readonly publishers = new Map<number, KafkaTopicPublisher>();
  private login: Promise<DatabaseLogin> | undefined;
  private readonly warned = new Set<string>();

  constructor(
    private readonly environment: EmitterEnvironment,
    private readonly logger: Logger,
  ) {
    this.kafka = createKafka(environment.kafka, ({ message, level }) =>
      logger[level === 'warn' ? 'debug' : 'warn'](message),
    );
    const database = {
      readLogin: (refresh: boolean) => this.readLogin(refresh),
      tls: environment.database.tls,
    };
    this.log = new MysqlChangeLog({ ...database, factsOf: (stream) => this.reader.snapshotFacts(stream) });
    this.reader = new MysqlTableReader({
      ...database,
      onMissingIndex: ({ table, keyColumn }) =>
        logger.warn(`Table ${table} has no index on ${keyColumn}: every run sorts the whole table.`),
    });
  }

  /**
   * Does what an event asks for.
   *
   * @param remainingMs the time left before the function's timeout
   * @throws PipelineError when it cannot be done, or not to its end; what was committed stays.
   */
  async handle(event: unknown, remainingMs: number): Promise<EmitSummary> {
    const began = performance.now();
    const { userId, limit, shards } = this.environment;
    const request = parseEvent(event, limit, shards);
    const cutOff = signalIn(remainingMs - CUT_OFF_MARGIN_MS);
    try {
      // Opening Kafka takes longer.
      this.reader.connectAhead(STREAMS.filter(({ name }) => request.streams.includes(name)));
      const outcome = await emit(request, {
        reader: this.reader,
        log: this.environment.changes === 'follow' ? this.log : undefined,
        publisherOf: (shard) =>
          request.dryRun ? new DryRunPublisher(this.publisherOf(shard)) : this.publisherOf(shard),
        progress: this.progress,
        sleep: (milliseconds) => sleep(milliseconds),
        deadline: signalIn(remainingMs - DEADLINE_MARGIN_MS),
        enough: signalIn((remainingMs - DEADLINE_MARGIN_MS) / 2),
        cutOff: AbortSignal.any([cutOff, unreachableSignalOf(this.kafka)]),
      });
      const lagKeys = await raceAbort(cutOff, lagOf(this.reader, request, outcome));
      if (lagKeys === ABORTED)
        throw new UnreachableError('The database did not answer before this run was out of time.');
      return summarise(userId, request, outcome, {
        lagKeys,
        elapsedMs: performance.now() - began,
      });
    } catch (error) {
      // The next run reads the credentials again: they may be the cause.
      this.login = undefined;
      this.reader.end();
      throw error;
    } finally {
      await raceAbort(cutOff, this.reader.close());
    }
  }

  /** Closes all connections. */
  async end(): Promise<void> {
    this.reader.end();
    await Promise.all([...this.publishers.values()].map((publisher) => publisher.discard()));
  }

  private publisherOf(shard: number): KafkaTopicPublisher {
    const { userId, kafka } = this.environment;
    const publisher =
      this.publishers.get(shard) ??
      new KafkaTopicPublisher(this.kafka, userId, kafka.compression, shard, (message) =>
        this.warnOnce(message),
      );
    this.publishers.set(shard, publisher);
    return publisher;
  }

  /** A topic is as it is for all shards, and from one connection to the next. */
  private warnOnce(message: string): void {
    if (this.warned.has(message)) return;
    this.warned.add(message);
    this.logger.warn(message);
  }

  private readonly progress: Progress = {
    committed: (emitted) => this.logger.debug('Committed a chunk', { emitted }),
    retrying: (error, attempt, delayMs) => this.logger.warn('Trying again', { error, attempt, delayMs }),
  };

  /** The login is read once, and again when the database has refused it. */
  private async readLogin(refresh: boolean): Promise<DatabaseLogin> {
    if (refresh) this.login = undefined;
    this.login ??= readDatabaseLogin(this.environment.database.login, readSecret);
    try {
      return await this.login;
    } catch (error) {
      this.login = undefined;
      throw error;
    }
  }
}

const signalIn = (milliseconds: number): AbortSignal =>
  AbortSignal.timeout(Math.max(0, Math.floor(milliseconds)));
