import { TopicError } from '../../shared/errors';
import { PregroupedMessages } from '../../shared/kafka/pregrouped-messages';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from '../../shared/message';

import { partitionOfKey } from './key-partition';

/** Messages of one produce request. */
export interface Send {
  readonly topic: string;
  readonly partition: number;
  readonly messages: PregroupedMessages;
}

/** Maximum messages of one send. */
export const MAX_SEND_MESSAGES = 1_000;

/**
 * Cuts the messages of a topic into sends of bounded size: a queue for each partition that gets any, in the order of the
 * messages.
 *
 * @throws TopicError when the topic has no partitions.
 */
export function sendsByPartition(topic: string, messages: readonly Message[], partitions: number): Send[][] {
  if (partitions === 0) throw new TopicError(`Topic ${topic} has no partitions.`);
  const queues = Array.from({ length: partitions }, (_, partition) => new PartitionQueue(topic, partition));
  for (const message of messages) queues[partitionOfKey(message.key, partitions)]?.add(message);
  return queues.map(({ sends }) => sends).filter((sends) => sends.length > 0);
}

class PartitionQueue {
  readonly sends: Send[] = [];
  private bytes = 0;

  constructor(
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  add(message: Message): void {
    const size = messageBytes(message);
    let messages = this.sends.at(-1)?.messages;
    if (
      messages === undefined ||
      messages.length >= MAX_SEND_MESSAGES ||
      this.bytes + size > MAX_MESSAGE_BYTES
    ) {
      messages = new PregroupedMessages(this.partition);
      this.sends.push({ topic: this.topic, partition: this.partition, messages });
      this.bytes = 0;
    }
    messages.push(message);
    this.bytes += size;
  }
}
