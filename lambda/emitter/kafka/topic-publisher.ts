import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Admin,
  type FetchOffsetsPartition,
  type Kafka,
  Partitioners,
  type PartitionMetadata,
  type Producer,
  type RecordMetadata,
  type Transaction,
} from 'kafkajs';
import { type EmitterEnvironment, MOST_SHARDS } from '../../shared/environment';
import { CheckpointError, FencedError, TopicError, UnreachableError } from '../../shared/errors';
import { CODECS } from '../../shared/kafka/codecs';
import { type KafkaResources, kafkaError, TRANSACTION_TIMEOUT_MS } from '../../shared/kafka/kafka-errors';
import { problemsWith, readSettings } from '../../shared/kafka/topic-facts';
import type { TopicProblem } from '../../shared/kafka/topic-problems';
import { GROUP_IS_YOUNG, TRANSACTION_IS_ENDING, whileTransient } from '../../shared/kafka/transient';
import type { Message } from '../../shared/message';
import { settledAll } from '../../shared/settled-all';
import {
  deadLetterTopicOf,
  emitterIdOf,
  type PerStream,
  perStream,
  STREAMS,
  type StreamName,
  topicOf,
  topicsOf,
} from '../../shared/streams';
import type { Batch, Checkpoint, Position, TopicPublisher } from '../ports';
import { foreignOffsetError, liveMemberError, lostCheckpointError } from './checkpoint-errors';
import { committedOf, positionOf } from './position-record';
import { type Send, sendsByPartition } from './sends';

/** How long parting from a broker may take, in milliseconds: the client is known to get stuck in it. */
const PARTING_MS = 5_000;

/** How long replicas may take to be in sync again, and how often that is looked at, in milliseconds. */
const IN_SYNC_MS = 30_000;
const IN_SYNC_PAUSE_MS = 500;

/** The position in a table of which nothing is emitted. */
const BEGINNING: Position = { nextKey: 0n, keyless: '' };

/** A position that is about to be replaced, and tells nothing, not even which shards may have ranges. */
const UNKNOWN: Position = { ...BEGINNING, shards: MOST_SHARDS };

/** What a group has committed; `undefined` where that is nothing. */
type CommittedPositions = PerStream<Position | undefined>;

/** A connected producer and the transaction that it is in, if any. */
interface Session {
  readonly producer: Producer;
  transaction: Transaction | undefined;
  /** What was committed last. */
  committed?: Partial<Checkpoint>;
  /** When the first request of the transaction was made, in milliseconds of the epoch. */
  beganAt: number | undefined;
}

/**
 * Writes to Kafka with the transactional producer of one shard, and keeps its checkpoint in the committed offsets of the
 * shard's consumer group: on partition 0 of a stream's topic the offset is the next key to read, and its metadata the
 * rest of the position.
 *
 * The client loses or repeats messages where a `send` spans brokers, is retried in part, or follows a rejected one
 * (kafkajs 2.2.4, issues 598 and 1303). So every `send` has one explicit partition and its messages have keys, and
 * after any rejection the producer is thrown away.
 */
export class KafkaTopicPublisher implements TopicPublisher {
  private readonly deadLetterTopic: string;
  private session: Session | undefined;
  private admin: Admin | undefined;
  private partitions: ReadonlyMap<string, PartitionMetadata[]> = new Map();
  private clusterId = '';

  constructor(
    private readonly kafka: Kafka,
    private readonly userId: string,
    private readonly compression: EmitterEnvironment['kafka']['compression'] = 'none',
    private readonly shard = 0,
    private readonly warn: (message: string) => void = () => {},
  ) {
    this.deadLetterTopic = deadLetterTopicOf(userId);
  }

  async open(replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    if (this.session !== undefined) {
      try {
        return await this.openWarm(this.session, replaced);
      } catch (error) {
        // The connection is broken, or an invocation in between has fenced its producer; this invocation is the newest.
        await this.discard();
        if (error instanceof CheckpointError) throw error;
      }
    }
    return await this.openCold(replaced);
  }

  async send({ messages, deadLetters }: Batch): Promise<void> {
    const session = this.connected();
    try {
      const transaction = await this.usedTransactionOf(session);
      const queues = [
        ...STREAMS.flatMap(({ name }) => this.queuesOf(topicOf(this.userId, name), messages[name])),
        ...this.queuesOf(this.deadLetterTopic, deadLetters),
      ];
      await settledAll(queues.map((queue) => this.sendInOrder(transaction, queue)));
    } catch (error) {
      throw failure(session, error, 'sending rows', this.resources);
    }
  }

  async commit(
    checkpoint: Partial<Checkpoint>,
    given: ReadonlyMap<number, Partial<Checkpoint>> = new Map(),
  ): Promise<void> {
    const session = this.connected();
    try {
      const transaction = await this.usedTransactionOf(session);
      await this.sendCheckpoint(transaction, checkpoint, this.shard);
      for (const [shard, range] of given) await this.sendCheckpoint(transaction, range, shard);
      await transaction.commit();
      leave(session);
      session.committed = checkpoint;
    } catch (error) {
      throw failure(session, error, 'committing a chunk', this.resources);
    }
  }

  async awaitCommitVisible(): Promise<void> {
    const { session } = this;
    if (session?.committed === undefined) return;
    try {
      await this.awaitTransaction(session, session.committed);
    } catch {
      // What was committed stays committed, and the next run finds out what is wrong.
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    const { session, admin } = this;
    this.session = undefined;
    this.admin = undefined;
    await part(session, admin);
  }

  async rangeOf(shard: number, replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    if (this.admin === undefined) throw new UnreachableError('The publisher is not open.');
    try {
      const ranges = await this.readPositions(this.admin, shard, replaced);
      return perStream(({ name }) => ranges[name] ?? BEGINNING);
    } catch (error) {
      throw kafkaError(error, `reading the range of shard ${shard}`, {
        ...this.resources,
        group: emitterIdOf(this.userId, shard),
      });
    }
  }

  /** The checkpoint as it is committed at this moment; it disturbs nobody. */
  async committedCheckpoint(replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    try {
      const admin = this.admin ?? this.kafka.admin();
      await admin.connect();
      this.admin = admin;
      await this.learn(admin);
      const positions = await this.readPositions(admin, this.shard, replaced);
      return await this.checkpointOf(admin, positions, replaced);
    } catch (error) {
      throw kafkaError(error, 'reading the checkpoint', this.resources);
    }
  }

  /** A new producer: `initProducerId`, which the client does at the first transaction, fences all older ones. */
  private async openCold(replaced: readonly StreamName[]): Promise<Checkpoint> {
    const admin = this.admin ?? this.kafka.admin();
    const producer = this.kafka.producer({
      transactionalId: emitterIdOf(this.userId, this.shard),
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    this.admin = admin;
    const session: Session = { producer, transaction: undefined, beganAt: undefined };
    this.session = session;
    try {
      await Promise.all([admin.connect(), producer.connect()]);
      await this.learn(admin);
      // From here on it would fence whoever came after it.
      if (this.session !== session) throw new UnreachableError('Kafka answered after it was given up.');
      await this.transactionOf(session);
      const positions = await this.readPositions(admin, this.shard, replaced);
      return await this.begin(session, admin, positions, replaced);
    } catch (error) {
      if (this.session !== session) await part(session, admin);
      throw kafkaError(error, 'connecting', this.resources);
    }
  }

  /** The same producer again. The checkpoint that is read once its last transaction is complete is the last one. */
  private async openWarm(session: Session, replaced: readonly StreamName[]): Promise<Checkpoint> {
    const admin = this.admin as Admin;
    const [partitions, before] = await Promise.all([
      this.findPartitions(admin),
      this.readPositions(admin, this.shard, replaced),
      this.refuseMembers(admin),
    ]);
    this.partitions = partitions;
    await this.awaitTransaction(
      session,
      perStream(({ name }) => before[name] ?? BEGINNING),
    );
    const positions = await this.readPositions(admin, this.shard, replaced);
    return await this.begin(session, admin, positions, replaced);
  }

  /** Finds out all that a new connection does not know yet. */
  private async learn(admin: Admin): Promise<void> {
    const [partitions, { clusterId }] = await Promise.all([
      this.findPartitions(admin),
      admin.describeCluster(),
      this.refuseMembers(admin),
    ]);
    this.partitions = partitions;
    this.clusterId = clusterId;
    await this.judgeTopics(admin);
  }

  /** @throws TopicError where topics are such that rows would be refused. */
  private async judgeTopics(admin: Admin): Promise<void> {
    const settings = await readSettings(admin, topicsOf(this.userId));
    const messagesOf = (severity: TopicProblem['severity']): string[] =>
      problemsWith(settings, this.partitions)
        .filter((problem) => problem.severity === severity)
        .map(({ message }) => message);
    const refused = messagesOf('refuse');
    if (refused.length > 0) throw new TopicError(refused.join(' '));
    for (const message of [...messagesOf('warn'), ...messagesOf('unreadable')]) this.warn(message);
    for (const end = Date.now() + IN_SYNC_MS; messagesOf('wait').length > 0; await sleep(IN_SYNC_PAUSE_MS)) {
      if (Date.now() > end) throw new UnreachableError(messagesOf('wait').join(' '));
      this.partitions = await this.findPartitions(admin);
    }
  }

  /**
   * The checkpoint with which a run begins. Of an empty topic it is committed here, by itself: from the first message
   * on there is a checkpoint, whatever becomes of the transaction, and a topic with messages and without a checkpoint
   * shows that it is gone.
   */
  private async begin(
    session: Session,
    admin: Admin,
    positions: CommittedPositions,
    replaced: readonly StreamName[],
  ): Promise<Checkpoint> {
    const checkpoint = await this.checkpointOf(admin, positions, replaced);
    const initial = Object.fromEntries(
      STREAMS.filter(({ name }) => checkpoint[name] === BEGINNING).map(({ name }) => [name, BEGINNING]),
    );
    if (this.shard > 0 || Object.keys(initial).length === 0) return checkpoint;
    await this.sendCheckpoint(await this.usedTransactionOf(session), initial, this.shard);
    await session.transaction?.commit();
    leave(session);
    return checkpoint;
  }

  /**
   * A stream without a position is at its beginning.
   *
   * @throws CheckpointError when the primary's is gone. A shard has none before it is given a range.
   */
  private async checkpointOf(
    admin: Admin,
    positions: CommittedPositions,
    replaced: readonly StreamName[],
  ): Promise<Checkpoint> {
    const checkpoint = perStream(({ name }) => positions[name] ?? BEGINNING);
    if (this.shard > 0) return checkpoint;
    for (const { name } of STREAMS) {
      const topic = topicOf(this.userId, name);
      if (positions[name] !== undefined || !(await isWritten(admin, topic))) continue;
      if (!replaced.includes(name)) throw lostCheckpointError(emitterIdOf(this.userId, this.shard), topic);
      checkpoint[name] = UNKNOWN;
    }
    return checkpoint;
  }

  /** @throws CheckpointError naming a consumer that is in the group, and may commit what it likes. */
  private async refuseMembers(admin: Admin): Promise<void> {
    const groupId = emitterIdOf(this.userId, this.shard);
    const { groups } = await whileTransient(GROUP_IS_YOUNG, () => admin.describeGroups([groupId]));
    const member = groups.flatMap(({ members }) => members)[0];
    if (member !== undefined) throw liveMemberError(groupId, member);
  }

  /**
   * A commit is acknowledged before the topics and the group coordinator have heard of it, and the client can neither
   * ask for that nor for stable offsets; but a transaction can only take offsets when the one before is complete
   * everywhere. So an aborted transaction of nothing but offsets proves that, and that no newer run exists.
   */
  private async awaitTransaction(session: Session, checkpoint: Partial<Checkpoint>): Promise<void> {
    const transaction = await this.usedTransactionOf(session);
    await this.sendCheckpoint(transaction, checkpoint, this.shard);
    await transaction.abort();
    leave(session);
  }

  /** @throws TopicError naming the topics that are missing; the client would use up all its tries on them. */
  private async findPartitions(admin: Admin): Promise<ReadonlyMap<string, PartitionMetadata[]>> {
    const { topics } = await admin.fetchTopicMetadata();
    const found = new Map(topics.map(({ name, partitions }) => [name, partitions]));
    const missing = topicsOf(this.userId).filter((topic) => !found.has(topic));
    if (missing.length > 0) {
      throw new TopicError(
        `Missing topics: ${missing.join(', ')}. Create them, or allow this role to see them.`,
      );
    }
    return found;
  }

  private async readPositions(
    admin: Admin,
    shard: number,
    replaced: readonly StreamName[],
  ): Promise<CommittedPositions> {
    const group = emitterIdOf(this.userId, shard);
    const positions = perStream((): Position | undefined => undefined);
    for (const { name } of STREAMS) {
      const topic = topicOf(this.userId, name);
      const record = await this.readOffset(admin, group, topic);
      if (record.offset === '-1') continue;
      const read = positionOf(record, this.clusterId);
      if ('position' in read) positions[name] = read.position;
      else if (replaced.includes(name)) positions[name] = UNKNOWN;
      else throw foreignOffsetError({ group, topic, ...record }, read.foreign);
    }
    return positions;
  }

  /**
   * Asked for several topics at once, the client may ask for no partition of some: it fetches the metadata of each at
   * the same time, and keeps what came last (kafkajs 2.2.4). What it has not asked for must not pass for no checkpoint.
   */
  private async readOffset(admin: Admin, groupId: string, topic: string): Promise<FetchOffsetsPartition> {
    const [committed] = await whileTransient(GROUP_IS_YOUNG, () =>
      admin.fetchOffsets({ groupId, topics: [topic] }),
    );
    const record = committed?.partitions.find(({ partition }) => partition === 0);
    if (record === undefined)
      throw new UnreachableError(`Kafka was not asked for the checkpoint of ${topic}.`);
    return record;
  }

  private async sendCheckpoint(
    transaction: Transaction,
    checkpoint: Partial<Checkpoint>,
    shard: number,
  ): Promise<void> {
    const consumerGroupId = emitterIdOf(this.userId, shard);
    const topics = STREAMS.flatMap(({ name }) => {
      const position = checkpoint[name];
      if (position === undefined) return [];
      return {
        topic: topicOf(this.userId, name),
        partitions: [{ partition: 0, ...committedOf(position, this.clusterId) }],
      };
    });
    await whileTransient(TRANSACTION_IS_ENDING, () => transaction.sendOffsets({ consumerGroupId, topics }));
  }

  /** What the requests of this publisher are about. */
  private get resources(): KafkaResources {
    const id = emitterIdOf(this.userId, this.shard);
    return { topics: topicsOf(this.userId), group: id, transactionalId: id };
  }

  private connected(): Session {
    if (this.session === undefined) throw new UnreachableError('The publisher is not open.');
    return this.session;
  }

  private async transactionOf(session: Session): Promise<Transaction> {
    session.transaction ??= await session.producer.transaction();
    return session.transaction;
  }

  /** A transaction begins for Kafka with its first request. */
  private async usedTransactionOf(session: Session): Promise<Transaction> {
    const transaction = await this.transactionOf(session);
    session.beganAt ??= Date.now();
    return transaction;
  }

  private queuesOf(topic: string, messages: readonly Message[]): Send[][] {
    return sendsByPartition(topic, messages, this.partitions.get(topic)?.length ?? 0);
  }

  private async sendInOrder(transaction: Transaction, sends: readonly Send[]): Promise<void> {
    for (const send of sends) {
      const { topic, partition } = send;
      const acknowledged = await this.sendOne(transaction, send);
      // The client drops what is for a partition that was added after it fetched the metadata (kafkajs 2.2.4).
      if (!acknowledged.some((one) => one.partition === partition))
        throw new UnreachableError(`Kafka was not sent the rows for partition ${partition} of ${topic}.`);
    }
  }

  private async sendOne(transaction: Transaction, { topic, messages }: Send): Promise<RecordMetadata[]> {
    try {
      return await transaction.send({ topic, acks: -1, compression: CODECS[this.compression], messages });
    } catch (error) {
      throw kafkaError(error, `sending rows to ${topic}`, { ...this.resources, topics: [topic] });
    }
  }
}

/** Whether a topic has, or had, a record that is committed or the marker of a transaction. */
const isWritten = async (admin: Admin, topic: string): Promise<boolean> =>
  (await admin.fetchTopicOffsets(topic)).some(({ high }) => high !== '0');

/** The broker tells a producer that was fenced and one whose transaction took too long the same. */
function failure(session: Session, error: unknown, doing: string, about: KafkaResources): Error {
  const translated = kafkaError(error, doing, about);
  const expired = session.beganAt !== undefined && Date.now() - session.beganAt >= TRANSACTION_TIMEOUT_MS;
  return translated instanceof FencedError && expired
    ? new UnreachableError(
        `Kafka ended a transaction after ${TRANSACTION_TIMEOUT_MS / 1000} s, while ${doing}.`,
        { cause: error },
      )
    : translated;
}

function leave(session: Session): void {
  session.transaction = undefined;
  session.beganAt = undefined;
}

async function part(session: Session | undefined, admin: Admin | undefined): Promise<void> {
  await attempt(async () => {
    if (session?.transaction?.isActive() === true) await session.transaction.abort();
  });
  await Promise.all([
    attempt(async () => await session?.producer.disconnect()),
    attempt(async () => await admin?.disconnect()),
  ]);
}

/** Parting may fail or get stuck; nothing depends on it. */
async function attempt(parting: () => Promise<void>): Promise<void> {
  const timer = new AbortController();
  const timeout = sleep(PARTING_MS, undefined, { signal: timer.signal, ref: false }).catch(() => {});
  await Promise.race([parting().catch(() => {}), timeout]);
  timer.abort();
}
