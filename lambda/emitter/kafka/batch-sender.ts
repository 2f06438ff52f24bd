import type { RecordMetadata, Transaction } from 'kafkajs';
import type { EmitterEnvironment } from '../../shared/environment';
import { UnreachableError } from '../../shared/errors';
import { CODECS } from '../../shared/kafka/codecs';
import { type KafkaResources, kafkaError } from '../../shared/kafka/kafka-errors';
import type { PregroupedMessages } from '../../shared/kafka/pregrouped-messages';
import { deadLetterTopicOf, STREAMS, topicOf } from '../../shared/streams';
import type { Batch } from '../ports';
import type { PartitionsByTopic } from './ready-topics';
import { rowSendsByPartition, type Send, sendsByPartition } from './sends';

/** Makes the requests that bring a batch into a user's topics, each for one partition. */
export class BatchSender {
  constructor(
    private readonly userId: string,
    private readonly compression: EmitterEnvironment['kafka']['compression'],
    /** Named in errors. */
    private readonly resources: KafkaResources,
  ) {}

  /** A queue of sends for each partition that gets any. One topic after another, so that few records wait to be compressed. */
  async queuesOf({ rows, messages, deadLetters }: Batch, partitions: PartitionsByTopic): Promise<Send[][]> {
    const countOf = (topic: string): number => partitions.get(topic)?.length ?? 0;
    const queues: Send[][] = [];
    for (const { name } of STREAMS) {
      const topic = topicOf(this.userId, name);
      const codec = CODECS[this.compression];
      queues.push(...(await rowSendsByPartition(topic, rows?.[name] ?? [], countOf(topic), codec)));
    }
    const others = [
      ...STREAMS.map(({ name }) => ({ topic: topicOf(this.userId, name), messages: messages[name] })),
      { topic: deadLetterTopicOf(this.userId), messages: deadLetters },
    ];
    for (const { topic, messages: some } of others)
      queues.push(...sendsByPartition(topic, some, countOf(topic)));
    return queues;
  }

  /** Sends a queue, each after the answer to the one before. */
  async sendInOrder(transaction: Transaction, sends: readonly Send[]): Promise<void> {
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
      return await transaction.send({
        topic,
        acks: -1,
        compression: CODECS[this.compression],
        messages: messages as PregroupedMessages,
      });
    } catch (error) {
      throw kafkaError(error, `sending rows to ${topic}`, { ...this.resources, topics: [topic] });
    }
  }
}
