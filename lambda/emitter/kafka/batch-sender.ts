import type { RecordMetadata, Transaction } from 'kafkajs';
import type { EmitterEnvironment } from '../../shared/environment';
import { UnreachableError } from '../../shared/errors';
import { CODECS } from '../../shared/kafka/codecs';
import { type KafkaResources, kafkaError } from '../../shared/kafka/kafka-errors';
import type { PartitionsByTopic } from '../../shared/kafka/known-topics';
import { oneRequest, type Send } from '../../shared/kafka/one-broker-request';
import type { PregroupedMessages } from '../../shared/kafka/pregrouped-messages';
import { deadLetterTopicOf, STREAMS, topicOf } from '../../shared/streams';
import type { Batch } from '../ports';
import { requestsByLeader, rowSendsByPartition, sendsByPartition } from './sends';

/** Dependencies of a {@link BatchSender}. */
export interface BatchSenderProps {
  readonly userId: string;
  readonly compression: EmitterEnvironment['kafka']['compression'];
  /** Of the topics, with their leaders. */
  readonly partitions: PartitionsByTopic;
  /** Named in errors. */
  readonly resources: KafkaResources;
}

/** Makes the requests that bring batches into a user's topics: partitions of one broker share them, as long as that works. */
export class BatchSender {
  /** Whether partitions that one broker leads share a request. Leaders that have moved are found again at the next opening. */
  private areTogether = true;

  constructor(private readonly props: BatchSenderProps) {}

  /** Requests by the id of their broker. One topic after another, so that few records wait to be compressed. */
  async requestsOf({ rows, messages, deadLetters }: Batch): Promise<ReadonlyMap<number, readonly Send[][]>> {
    const { userId, compression, partitions } = this.props;
    const countOf = (topic: string): number => partitions.get(topic)?.length ?? 0;
    const queues: Send[][] = [];
    for (const { name } of STREAMS) {
      const topic = topicOf(userId, name);
      const codec = CODECS[compression];
      queues.push(...(await rowSendsByPartition(topic, rows?.[name] ?? [], countOf(topic), codec)));
    }
    const others = [
      ...STREAMS.map(({ name }) => ({ topic: topicOf(userId, name), messages: messages[name] })),
      { topic: deadLetterTopicOf(userId), messages: deadLetters },
    ];
    for (const { topic, messages: some } of others)
      queues.push(...sendsByPartition(topic, some, countOf(topic)));
    return requestsByLeader(queues, ({ topic, partition }) => {
      const found = partitions.get(topic)?.find(({ partitionId }) => partitionId === partition);
      return found?.leader ?? NO_LEADER;
    });
  }

  /** Makes requests, each after the answer to the one before. */
  async sendInOrder(transaction: Transaction, requests: readonly (readonly Send[])[]): Promise<void> {
    for (const sends of requests) {
      if (await this.sendTogether(transaction, sends)) continue;
      for (const send of sends) await this.sendOne(transaction, send);
    }
  }

  /** @returns whether that could be done; if not, every send is still to be made, whatever the broker has of it. */
  private async sendTogether(transaction: Transaction, sends: readonly Send[]): Promise<boolean> {
    if (!this.areTogether || sends.length === 1) return false;
    try {
      const topicMessages = oneRequest(sends);
      requireAll(sends, await transaction.sendBatch({ ...this.how, topicMessages }));
      return true;
    } catch (error) {
      if (error instanceof UnreachableError) throw error;
      this.areTogether = false;
      return false;
    }
  }

  private async sendOne(transaction: Transaction, send: Send): Promise<void> {
    const { topic } = send;
    const messages = send.messages as PregroupedMessages;
    try {
      requireAll([send], await transaction.send({ ...this.how, topic, messages }));
    } catch (error) {
      throw kafkaError(error, `sending rows to ${topic}`, { ...this.props.resources, topics: [topic] });
    }
  }

  private get how(): { readonly acks: number; readonly compression: number } {
    return { acks: -1, compression: CODECS[this.props.compression] };
  }
}

/** The id of the broker that leads a partition without a leader. */
const NO_LEADER = -1;

/** The client drops what is for a partition that was added after it fetched the metadata (kafkajs 2.2.4). */
function requireAll(sends: readonly Send[], acknowledged: readonly RecordMetadata[]): void {
  for (const { topic, partition } of sends) {
    if (!acknowledged.some((one) => one.topicName === topic && one.partition === partition))
      throw new UnreachableError(`Kafka was not sent the rows for partition ${partition} of ${topic}.`);
  }
}
