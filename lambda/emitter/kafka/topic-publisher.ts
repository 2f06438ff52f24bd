import type { Admin, Kafka } from 'kafkajs';
import type { EmitterEnvironment } from '../../shared/environment';
import { CheckpointError, UnreachableError } from '../../shared/errors';
import { closeQuietly } from '../../shared/kafka/close-quietly';
import { type KafkaResources, kafkaError } from '../../shared/kafka/kafka-errors';
import { installKafkaPatches } from '../../shared/kafka/kafka-patches';
import type { PartitionsByTopic } from '../../shared/kafka/known-topics';
import { emitterIdOf, perStream, STREAMS, type StreamName, topicsOf } from '../../shared/streams';
import type { Batch, Checkpoint, TopicPublisher } from '../ports';
import { BatchSender } from './batch-sender';
import { BEGINNING, CheckpointStore, type CommittedPositions } from './checkpoint-store';
import { Deliveries } from './deliveries';
import { awaitReadyTopics, findPartitions } from './ready-topics';
import { Transactions } from './transactions';

/** A connected producer, and what it committed last. */
interface Connected {
  readonly transactions: Transactions;
  readonly deliveries: Deliveries;
  committed?: Partial<Checkpoint>;
}

/**
 * Writes to Kafka with the transactional producer of one shard, and keeps its checkpoint in the committed offsets of the
 * shard's consumer group: on partition 0 of a stream's topic the offset is the next key to read, and its metadata the
 * rest of the position.
 *
 * The client loses or repeats messages where a request is for several brokers, is retried in part, or follows a rejected
 * one (kafkajs 2.2.4, issues 598 and 1303). So a request is for partitions of one broker and made once, or else for one
 * partition; and after any other rejection the producer is thrown away.
 */
export class KafkaTopicPublisher implements TopicPublisher {
  private session: Connected | undefined;
  private admin: Admin | undefined;
  private sender: BatchSender | undefined;
  private readonly checkpoints: CheckpointStore;

  constructor(
    private readonly kafka: Kafka,
    private readonly userId: string,
    private readonly compression: EmitterEnvironment['kafka']['compression'] = 'none',
    private readonly shard = 0,
    private readonly warn: (message: string) => void = () => {},
  ) {
    installKafkaPatches();
    this.checkpoints = new CheckpointStore(userId, shard);
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

  async send(batch: Batch): Promise<void> {
    const session = this.connected();
    const sender = this.sender as BatchSender;
    try {
      const requests = [...(await sender.requestsOf(batch))];
      const transaction = await session.transactions.sendingTo(requests.flatMap(([, queue]) => queue.flat()));
      await session.deliveries.add(
        requests.map(([broker, queue]) => [broker, () => sender.sendInOrder(transaction, queue)]),
      );
    } catch (error) {
      throw session.transactions.failure(error, 'sending rows', this.resources);
    }
  }

  async commit(
    checkpoint: Partial<Checkpoint>,
    given: ReadonlyMap<number, Partial<Checkpoint>> = new Map(),
  ): Promise<void> {
    const session = this.connected();
    try {
      await session.deliveries.settled();
      const transaction = await session.transactions.current();
      await this.checkpoints.write(transaction, checkpoint, this.shard);
      for (const [shard, range] of given) await this.checkpoints.write(transaction, range, shard);
      await session.transactions.end('commit');
      session.committed = checkpoint;
    } catch (error) {
      throw session.transactions.failure(error, 'committing a chunk', this.resources);
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
    await close(session, admin);
  }

  async rangeOf(shard: number, replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    if (this.admin === undefined) throw new UnreachableError('The publisher is not open.');
    try {
      const ranges = await this.checkpoints.read(this.admin, shard, replaced);
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
      const positions = await this.checkpoints.read(admin, this.shard, replaced);
      return await this.checkpoints.checkpointOf(admin, positions, replaced);
    } catch (error) {
      throw kafkaError(error, 'reading the checkpoint', this.resources);
    }
  }

  /** A new producer: `initProducerId`, which the client does at the first transaction, fences all older ones. */
  private async openCold(replaced: readonly StreamName[]): Promise<Checkpoint> {
    const admin = this.admin ?? this.kafka.admin();
    const transactions = new Transactions(this.kafka, emitterIdOf(this.userId, this.shard));
    this.admin = admin;
    const session: Connected = { transactions, deliveries: new Deliveries() };
    this.session = session;
    try {
      await Promise.all([admin.connect(), transactions.connect()]);
      await this.learn(admin);
      // From here on it would fence whoever came after it.
      if (this.session !== session)
        throw new UnreachableError('Kafka answered after the connection was closed.');
      await transactions.fence();
      const positions = await this.checkpoints.read(admin, this.shard, replaced);
      return await this.begin(session, admin, positions, replaced);
    } catch (error) {
      if (this.session !== session) await close(session, admin);
      throw kafkaError(error, 'connecting', this.resources);
    }
  }

  /** The same producer again. The checkpoint that is read once its last transaction is complete is the last one. */
  private async openWarm(session: Connected, replaced: readonly StreamName[]): Promise<Checkpoint> {
    const admin = this.admin as Admin;
    const [partitions, before] = await Promise.all([
      findPartitions(admin, this.userId),
      this.checkpoints.read(admin, this.shard, replaced),
      this.checkpoints.refuseMembers(admin),
    ]);
    this.sender = this.senderTo(partitions);
    await this.awaitTransaction(
      session,
      perStream(({ name }) => before[name] ?? BEGINNING),
    );
    const positions = await this.checkpoints.read(admin, this.shard, replaced);
    return await this.begin(session, admin, positions, replaced);
  }

  /** Finds out all that a new connection does not know yet. */
  private async learn(admin: Admin): Promise<void> {
    // The client finds no coordinator before it knows the brokers, and waits to ask again.
    const [found] = await Promise.all([
      findPartitions(admin, this.userId),
      this.checkpoints.learnCluster(admin),
    ]);
    const [partitions] = await Promise.all([
      awaitReadyTopics(admin, this.userId, found, this.warn),
      this.checkpoints.refuseMembers(admin),
    ]);
    this.sender = this.senderTo(partitions);
  }

  /**
   * The checkpoint with which a run begins. Of an empty topic it is committed here, by itself: from the first message
   * on there is a checkpoint, whatever becomes of the transaction, and a topic with messages and without a checkpoint
   * shows that it is gone.
   */
  private async begin(
    session: Connected,
    admin: Admin,
    positions: CommittedPositions,
    replaced: readonly StreamName[],
  ): Promise<Checkpoint> {
    const checkpoint = await this.checkpoints.checkpointOf(admin, positions, replaced);
    const initial = Object.fromEntries(
      STREAMS.filter(({ name }) => checkpoint[name] === BEGINNING).map(({ name }) => [name, BEGINNING]),
    );
    if (this.shard > 0 || Object.keys(initial).length === 0) return checkpoint;
    await this.checkpoints.write(await session.transactions.current(), initial, this.shard);
    await session.transactions.end('commit');
    return checkpoint;
  }

  /**
   * A commit is acknowledged before the topics and the group coordinator have heard of it, and the client can neither
   * ask for that nor for stable offsets; but a transaction can only take offsets when the one before is complete
   * everywhere. So an aborted transaction of nothing but offsets proves that, and that no newer run exists.
   */
  private async awaitTransaction(session: Connected, checkpoint: Partial<Checkpoint>): Promise<void> {
    const transaction = await session.transactions.current();
    await this.checkpoints.write(transaction, checkpoint, this.shard);
    await session.transactions.end('abort');
  }

  private senderTo(partitions: PartitionsByTopic): BatchSender {
    const { userId, compression, resources } = this;
    return new BatchSender({ userId, compression, partitions, resources });
  }

  /** Resources of this publisher's requests. */
  private get resources(): KafkaResources {
    const id = emitterIdOf(this.userId, this.shard);
    return { topics: topicsOf(this.userId), group: id, transactionalId: id };
  }

  private connected(): Connected {
    if (this.session === undefined) throw new UnreachableError('The publisher is not open.');
    return this.session;
  }
}

const close = async (session: Connected | undefined, admin: Admin | undefined): Promise<void> =>
  void (await Promise.all([session?.transactions.close(), closeQuietly(() => admin?.disconnect())]));
