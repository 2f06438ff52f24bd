import { KafkaJSNonRetriableError, type TopicMessages } from 'kafkajs';
import Broker from 'kafkajs/src/broker';
import type { PartitionRecords } from './pregrouped-messages';

/** Records for one partition of a topic. */
export interface Send<T extends PartitionRecords = PartitionRecords> {
  readonly topic: string;
  readonly partition: number;
  readonly messages: T;
}

/** Records for one of the partitions that a request is for. */
export class RequestPart {
  readonly length: number;

  /** @param parts the number of partitions that the whole request is for */
  constructor(
    readonly records: PartitionRecords,
    readonly parts: number,
  ) {
    this.length = records.length;
  }
}

/** Records for several partitions of one topic. The client takes them for an array of messages, and looks at none. */
class TopicRecords {
  constructor(private readonly parts: Readonly<Record<number, RequestPart>>) {}

  /** None has no value, which is the client's question. */
  find(): undefined {
    return undefined;
  }

  reduce<T>(): T {
    return this.parts as T;
  }
}

/**
 * Makes one request, for the client's `sendBatch`, of sends to partitions that one broker leads. After
 * {@link sendToOneBroker} the client makes it once, and not at all where their leaders are several brokers.
 *
 * @param sends at most one for each partition
 */
export function oneRequest(sends: readonly Send[]): TopicMessages[] {
  const byTopic = new Map<string, Record<number, RequestPart>>();
  for (const { topic, partition, messages } of sends) {
    const parts = byTopic.get(topic) ?? {};
    byTopic.set(topic, { ...parts, [partition]: new RequestPart(messages, sends.length) });
  }
  return [...byTopic].map(([topic, parts]) => ({
    topic,
    messages: new TopicRecords(parts) as unknown as TopicMessages['messages'],
  }));
}

/**
 * Lets a request of {@link oneRequest} reach its broker whole and once, or fail. kafkajs 2.2.4 makes a failed request
 * again: where leaders have moved meanwhile, it makes up other requests, in which rows are missing or repeated (issues
 * 598 and 1303). A failed request leaves the sequence numbers as they were, so that its sends can be made one by one.
 */
export function sendToOneBroker(): void {
  const { produce } = Broker.prototype;
  Broker.prototype.produce = async function once(this: Broker, request) {
    const messages: unknown[] = request.topicData.flatMap(({ partitions }) =>
      partitions.map((partition) => partition.messages),
    );
    const [first] = messages;
    if (!(first instanceof RequestPart)) return await produce.call(this, request);
    if (messages.length !== first.parts)
      throw new KafkaJSNonRetriableError('The partitions of a request have several leaders.');
    try {
      return await produce.call(this, request);
    } catch (error) {
      throw new KafkaJSNonRetriableError(error as Error);
    }
  };
}
