import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs';
import { FencedError, UnreachableError } from '../../shared/errors';
import { closeQuietly } from '../../shared/kafka/close-quietly';
import { type KafkaResources, kafkaError, TRANSACTION_TIMEOUT_MS } from '../../shared/kafka/kafka-errors';
import {
  announcePartitions,
  forgetPartitions,
  type TopicPartition,
} from '../../shared/kafka/transaction-partitions';

/** The transactions of one transactional producer, one after the other. */
export class Transactions {
  private readonly producer: Producer;
  private open: Transaction | undefined;
  /** Time of the open transaction's first request, in milliseconds since the epoch. */
  private beganAt: number | undefined;

  constructor(
    kafka: Kafka,
    private readonly transactionalId: string,
  ) {
    // Those of an earlier producer.
    forgetPartitions(transactionalId);
    this.producer = kafka.producer({
      transactionalId,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
  }

  async connect(): Promise<void> {
    await this.producer.connect();
  }

  /** Takes the transactional id: `initProducerId`, which the client does at the first transaction, fences all older producers. */
  async fence(): Promise<void> {
    this.open ??= await this.producer.transaction();
  }

  /** The open transaction, for its next request; for Kafka it begins with its first one. */
  async current(): Promise<Transaction> {
    this.open ??= await this.producer.transaction();
    this.beganAt ??= Date.now();
    return this.open;
  }

  /** The open transaction, to which some partitions are added by its next send, all of them at once. */
  async sendingTo(partitions: readonly TopicPartition[]): Promise<Transaction> {
    const transaction = await this.current();
    announcePartitions(this.transactionalId, partitions);
    return transaction;
  }

  /** Commits or aborts the open transaction. */
  async end(how: 'commit' | 'abort'): Promise<void> {
    await this.open?.[how]();
    forgetPartitions(this.transactionalId);
    this.open = undefined;
    this.beganAt = undefined;
  }

  /** Translates an error. The broker tells a producer that was fenced and one whose transaction took too long the same. */
  failure(error: unknown, doing: string, about: KafkaResources): Error {
    const translated = kafkaError(error, doing, about);
    const isExpired = this.beganAt !== undefined && Date.now() - this.beganAt >= TRANSACTION_TIMEOUT_MS;
    return translated instanceof FencedError && isExpired
      ? new UnreachableError(
          `Kafka ended a transaction after ${TRANSACTION_TIMEOUT_MS / 1000} s, while ${doing}.`,
          { cause: error },
        )
      : translated;
  }

  /** Aborts what is open, and disconnects. */
  async close(): Promise<void> {
    await closeQuietly(async () => {
      if (this.open?.isActive() === true) await this.open.abort();
    });
    await closeQuietly(() => this.producer.disconnect());
  }
}
