import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import type { Kafka } from 'kafkajs';
import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { addSamplePosts, loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import {
  type EmitterEnvironment,
  type EmitterVariables,
  MOST_SHARDS,
  parseEnvironment,
} from '../../lambda/shared/environment';
import { isRetryable } from '../../lambda/shared/errors';
import {
  emitterIdOf,
  type PerStream,
  perStream,
  type StreamName,
  topicOf,
  topicsOf,
} from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';
import { createDatabase, type DatabaseLogins, dropDatabase } from '../../scripts/local/database-logins';
import { EmitterProcess } from '../../scripts/local/emitter-process';
import type { Moment, StoppedConversation } from '../support/kafka-proxy';
import { PipelineFixture } from '../support/pipeline-fixture';
import type { FaultServers } from './fault-servers';

/** How long a run of the emitter has, in milliseconds, unless a fault says otherwise. */
const RUN_MS = 120_000;

/** How long the emitter may take, run after run, until it is caught up, in milliseconds. */
const CAUGHT_UP_MS = 180_000;

/** An emitter that can be invoked: in this process, or in one of its own. */
export interface Invocable {
  readonly invoke: (
    event: EmitEvent,
    onCommitted: (emitted: PerStream<number>) => void,
    timeoutMs: number,
  ) => Promise<{ readonly summary: EmitSummary }>;
  readonly stop: () => Promise<void>;
}

/** A database and topics of one round, the emitters between them, and what these have said. */
export class FaultPipeline extends PipelineFixture {
  private readonly emitters: Invocable[] = [];
  /** What each run has said that it has committed. */
  private told: PerStream<number>[] = [];
  private struckAt: number | undefined;
  private recoveredMs: number | undefined;
  /** Figures that a fault has measured. */
  readonly figures: string[] = [];

  private constructor(
    readonly servers: FaultServers,
    userId: string,
    logins: DatabaseLogins,
    /** Rows in the largest table, once it is filled. */
    readonly posts: number,
    /** Of the sample posts. */
    readonly seed: number,
  ) {
    super(userId, logins, path.join(servers.directory, userId));
  }

  /** Creates it, with empty tables. */
  static async create(servers: FaultServers, seed: number, posts: number): Promise<FaultPipeline> {
    const userId = `f${randomBytes(6).toString('hex')}`;
    const [logins] = await Promise.all([
      createDatabase(servers.admin, userId, `${userId}_`),
      servers.createTopics(userId),
    ]);
    const pipeline = new FaultPipeline(servers, userId, logins, posts, seed);
    pipeline.changeLogin({});
    await loadSampleTables(pipeline.owner, { rows: 0 });
    return pipeline;
  }

  /** Ends its emitters, and removes its database and topics. */
  async remove(): Promise<void> {
    for (let shard = 0; shard < MOST_SHARDS; shard++) this.forgetMoments(shard);
    await Promise.all(this.emitters.map((emitter) => emitter.stop()));
    await Promise.all([
      dropDatabase(this.servers.admin, this.logins),
      this.servers.deleteTopics(topicsOf(this.userId)),
    ]);
  }

  /** Its transactional id and consumer group. */
  get emitterId(): string {
    return emitterIdOf(this.userId);
  }

  /** May do everything in its database; past the proxy. */
  override get owner(): DatabaseLogin {
    return { ...this.logins.owner, port: this.servers.admin.port };
  }

  protected override get emitterPort(): number {
    return this.servers.databaseProxy.port;
  }

  protected override get bootstrapServers(): readonly string[] {
    return this.servers.bootstrapServers;
  }

  protected override get kafka(): Kafka {
    return this.servers.newKafka();
  }

  /** A further emitter, in this process; with other variables where they are given. */
  newEmitter(variables: EmitterVariables = {}): Invocable {
    let onCommitted: (emitted: PerStream<number>) => void = () => {};
    const logger = Object.assign(new Logger({ logLevel: 'SILENT' }), {
      debug: (_: string, extra?: { readonly emitted: PerStream<number> }) => {
        if (extra !== undefined) onCommitted(extra.emitted);
      },
    });
    const emitter = this.createEmitter(variables, logger);
    return this.keep({
      invoke: async (event, tell, timeoutMs) => {
        onCommitted = tell;
        return { summary: await emitter.handle(event, timeoutMs) };
      },
      stop: () => emitter.end(),
    });
  }

  /** A further emitter, in a process of its own, which can be killed and stopped; with other variables where they are given. */
  newProcess(variables: EmitterVariables = {}): EmitterProcess {
    const logFile = path.join(this.directory, 'emitter.log');
    const { emitterProgram } = this.servers;
    return this.keep(new EmitterProcess({ ...this.variables, ...variables }, logFile, emitterProgram));
  }

  /** One run of an emitter. */
  async invoke(emitter: Invocable, event: EmitEvent = {}, timeoutMs = RUN_MS): Promise<EmitSummary> {
    const run = this.told.push(perStream(() => 0)) - 1;
    let isOver = false;
    const tell = (emitted: PerStream<number>): void => {
      this.told[run] = emitted;
      // A killed process may be heard of for a moment.
      if (this.struckAt !== undefined && !isOver) this.recoveredMs ??= performance.now() - this.struckAt;
    };
    try {
      const { summary } = await emitter.invoke(event, tell, timeoutMs);
      this.told[run] = summary.emitted;
      return summary;
    } finally {
      isOver = true;
    }
  }

  /** Invokes a new emitter until nothing is left to emit, as the schedule would. */
  async catchUp(): Promise<EmitSummary> {
    const emitter = this.newEmitter();
    for (const end = Date.now() + CAUGHT_UP_MS; ; ) {
      try {
        const summary = await this.invoke(emitter);
        if (summary.caughtUp) return summary;
        throw new Error(`A run alone ended with ${JSON.stringify(summary)}.`);
      } catch (error) {
        if (!isRetryable(error) || Date.now() > end) throw error;
      }
    }
  }

  /** Invokes a new emitter of each shard, all at once, until none has anything left to emit, as their schedules would. */
  async catchUpShards(shards: number): Promise<void> {
    const emitters = Array.from({ length: shards }, () => this.newEmitter({ SHARDS: `${shards}` }));
    for (const end = Date.now() + CAUGHT_UP_MS; ; ) {
      const runs = await Promise.allSettled(
        emitters.map((emitter, shard) => this.invoke(emitter, { shard })),
      );
      const failed = runs.find((run) => run.status === 'rejected');
      if (failed !== undefined && (!isRetryable(failed.reason) || Date.now() > end)) throw failed.reason;
      const summaries = runs.flatMap((run) => (run.status === 'fulfilled' ? run.value : []));
      const unfinished = summaries.find(({ caughtUp }) => !caughtUp);
      if (unfinished !== undefined) throw new Error(`A run ended with ${JSON.stringify(unfinished)}.`);
      const rows = summaries.flatMap(({ emitted }) => Object.values(emitted)).reduce((a, b) => a + b, 0);
      if (failed === undefined && rows === 0) return;
    }
  }

  /** From now on the time counts until the next commit. */
  markFault(): void {
    this.struckAt = performance.now();
  }

  /** From the fault to the next commit, in milliseconds; `undefined` without any. */
  get recoverMs(): number | undefined {
    return this.recoveredMs;
  }

  /**
   * Waits until a conversation with the brokers has come to a moment.
   *
   * @param run what leads to it
   * @param shard whose conversation
   * @throws Error when the run is over before.
   */
  async stopped(
    moment: Omit<Moment, 'transactionalId'>,
    run: Promise<unknown>,
    shard = 0,
  ): Promise<StoppedConversation> {
    const transactionalId = emitterIdOf(this.userId, shard);
    const stopped = this.servers.kafkaProxies.stopAt({ ...moment, transactionalId });
    return await Promise.race([
      stopped,
      run.then((result) => {
        throw new Error(`The run was over before ${JSON.stringify(moment)}: ${JSON.stringify(result)}.`);
      }),
    ]);
  }

  /** Forgets the moments of a shard that its conversation has not come to. */
  forgetMoments(shard: number): void {
    this.servers.kafkaProxies.forget(emitterIdOf(this.userId, shard));
  }

  /** Adds posts after the last ones. */
  async addPosts(count: number): Promise<{ readonly firstKey: number; readonly lastKey: number }> {
    return await addSamplePosts(this.owner, count, { seed: this.seed });
  }

  /** Kills every connection that an emitter has to the database. */
  async killConnections(): Promise<void> {
    const ids = await this.servers.asAdmin(
      `SELECT ID FROM PROCESSLIST WHERE USER = '${this.logins.emitter.user}'`,
    );
    // It may have ended by itself.
    for (const [id] of ids) await this.servers.asAdmin(`KILL ${id}`).catch(() => {});
  }

  /** Deletes topics, and with them their part of the checkpoint, and creates them again. */
  async recreateTopics(streams: readonly StreamName[], afterDeletion = async () => {}): Promise<void> {
    const topics = streams.map((stream) => topicOf(this.userId, stream));
    await this.servers.deleteTopics(topics);
    await afterDeletion();
    await this.servers.createTopics(this.userId);
    this.told = this.told.map((emitted) => ({
      ...emitted,
      ...Object.fromEntries(streams.map((stream) => [stream, 0])),
    }));
  }

  async verify(keys?: KeysRequest): Promise<VerificationReport> {
    return await this.compare({ login: this.owner, keys });
  }

  /** Rows that emitters have said are committed and that are not in the topics. */
  falselyAcknowledged({ streams }: VerificationReport): number {
    const excess = (stream: StreamName): number =>
      this.told.reduce((sum, emitted) => sum + emitted[stream], 0) - streams[stream].records;
    return Object.values(perStream(({ name }) => Math.max(0, excess(name)))).reduce((a, b) => a + b);
  }

  /** The emitter's configuration. */
  get environment(): EmitterEnvironment {
    return parseEnvironment(this.variables);
  }

  /** Ends an emitter when the round is over. */
  keep<T extends Invocable>(emitter: T): T {
    this.emitters.push(emitter);
    return emitter;
  }
}
