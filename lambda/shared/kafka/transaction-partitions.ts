import Broker, { type AddPartitionsRequest } from 'kafkajs/src/broker';
import { kafkaError, protocolErrorType } from './kafka-errors';
import { TOPIC_IS_YOUNG, TRANSACTION_IS_ENDING, whileTransient } from './transient';

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Partitions that are added to a transaction by one request. */
interface Addition {
  readonly partitions: Map<string, Set<number>>;
  request: Promise<unknown> | undefined;
}

/** By transactional id: the partitions of its open transaction. */
const additionsOf = new Map<string, Addition[]>();

/**
 * Announces partitions that are about to be sent to in the open transaction: the first send adds all of them. kafkajs
 * 2.2.4 makes a request for each send.
 */
export function announcePartitions(transactionalId: string, partitions: readonly TopicPartition[]): void {
  const additions = additionsOf.get(transactionalId) ?? [];
  additionsOf.set(transactionalId, additions);
  const addition: Addition = { partitions: new Map(), request: undefined };
  for (const { topic, partition } of partitions) {
    if (additions.some((one) => one.partitions.get(topic)?.has(partition) === true)) continue;
    const added = addition.partitions.get(topic) ?? new Set();
    addition.partitions.set(topic, added.add(partition));
  }
  if (addition.partitions.size > 0) additions.push(addition);
}

/** Forgets the partitions of a transaction that is over. */
export const forgetPartitions = (transactionalId: string): void => void additionsOf.delete(transactionalId);

/**
 * Lets the client add the partitions of {@link announcePartitions} in one request, and ask again soon where the transaction
 * before is not complete yet: it would wait for at least 50 ms, and log that messages could not be sent.
 */
export function addPartitionsTogether(): void {
  const { addPartitionsToTxn } = Broker.prototype;
  Broker.prototype.addPartitionsToTxn = async function together(this: Broker, request) {
    const add = (topics: AddPartitionsRequest['topics']) =>
      whileTransient(
        [...TRANSACTION_IS_ENDING, ...TOPIC_IS_YOUNG],
        () => addPartitionsToTxn.call(this, { ...request, topics }),
        5,
      );
    const addition = additionsOf.get(request.transactionalId)?.find(({ partitions }) =>
      // The client sends to one partition at a time.
      request.topics.every((one) =>
        one.partitions.every((id) => partitions.get(one.topic)?.has(id) === true),
      ),
    );
    if (addition === undefined) return await add(request.topics);
    const topics = [...addition.partitions].map(([topic, ids]) => ({ topic, partitions: [...ids] }));
    addition.request ??= add(topics)
      .catch(async (error) => {
        if (!NOT_ALL.includes(protocolErrorType(error) ?? '')) throw error;
        await addOneByOne(topics, add);
      })
      .catch((error) => {
        addition.request = undefined;
        throw error;
      });
    return await addition.request;
  };
}

/** One of several partitions is refused, and the others are not tried because of it: the client drops which one. */
const NOT_ALL: readonly string[] = ['OPERATION_NOT_ATTEMPTED', 'TOPIC_AUTHORIZATION_FAILED'];

/** Adds one partition at a time, so that a topic that is refused is named. What was refused may be allowed by now. */
async function addOneByOne(
  topics: AddPartitionsRequest['topics'],
  add: (topics: AddPartitionsRequest['topics']) => Promise<unknown>,
): Promise<void> {
  for (const { topic, partitions } of topics) {
    try {
      for (const partition of partitions) await add([{ topic, partitions: [partition] }]);
    } catch (error) {
      // The client tries no error again that says of itself that it is not retriable.
      throw Object.assign(kafkaError(error, `sending rows to ${topic}`, { topics: [topic] }), {
        retriable: false,
      });
    }
  }
}
