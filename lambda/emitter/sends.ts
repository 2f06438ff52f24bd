import { Partitioners, type PartitionMetadata } from 'kafkajs';
import { TopicError } from './errors';
import { MAX_MESSAGE_BYTES, messageBytes } from './messages';
import type { Message } from './ports';

/** What one request to Kafka carries. */
export interface Send {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message[];
}

/** Most messages of one send: the client's grouping of messages takes time that grows with their square. */
export const MAX_SEND_MESSAGES = 1_000;

/** Kafka's own: murmur2 of the key, so that every client finds the same partition. */
const partitionOf = Partitioners.DefaultPartitioner();

/**
 * Cuts the messages of a topic into sends of bounded size: a queue for each partition that gets any, in the order of the
 * messages.
 *
 * @throws TopicError when the topic has no partitions.
 */
export function sendsByPartition(
  topic: string,
  messages: readonly Message[],
  partitionMetadata: PartitionMetadata[],
): Send[][] {
  const queues = partitionMetadata.map((_, partition) => new PartitionQueue(topic, partition));
  for (const message of messages) {
    const queue = queues[partitionOf({ topic, partitionMetadata, message })];
    if (queue === undefined) throw new TopicError(`Topic ${topic} has no partitions.`);
    queue.add(message);
  }
  return queues.map(({ sends }) => sends).filter((sends) => sends.length > 0);
}

class PartitionQueue {
  readonly sends: (Send & { readonly messages: Message[] })[] = [];
  private bytes = 0;

  constructor(
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  add(message: Message): void {
    const size = messageBytes(message);
    const last = this.sends.at(-1);
    if (
      last === undefined ||
      last.messages.length >= MAX_SEND_MESSAGES ||
      this.bytes + size > MAX_MESSAGE_BYTES
    ) {
      this.sends.push({ topic: this.topic, partition: this.partition, messages: [message] });
      this.bytes = size;
    } else {
      last.messages.push(message);
      this.bytes += size;
    }
  }
}
