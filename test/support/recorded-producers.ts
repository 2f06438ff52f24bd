import type { Kafka, Producer, ProducerBatch, ProducerConfig, ProducerRecord, Transaction } from 'kafkajs';
import { RequestPart } from '../../lambda/shared/kafka/one-broker-request';

/** A producer that was made, and what it was asked, in order. */
export interface RecordedProducer {
  readonly config: ProducerConfig;
  /** What it was to send, each for one partition. */
  readonly records: unknown[];
  readonly calls: string[];
}

/**
 * Watches the producers of a client of the real broker.
 *
 * @param afterSend told of each request when it is done; may throw, as where an answer is lost
 */
export function recordProducers(kafka: Kafka, afterSend: () => void = () => {}): readonly RecordedProducer[] {
  const recorded: RecordedProducer[] = [];
  const newProducer = kafka.producer.bind(kafka);
  kafka.producer = (config: ProducerConfig = {}): Producer => {
    const record: RecordedProducer = { config, records: [], calls: [] };
    recorded.push(record);
    const producer = newProducer(config);
    return watched(producer, record.calls, {
      transaction: async () =>
        watched(await producer.transaction(), record.calls, {
          send: async (send, transaction) => {
            record.records.push((send as ProducerRecord).messages);
            const answer = await (transaction as Transaction).send(send as ProducerRecord);
            afterSend();
            return answer;
          },
          sendBatch: async (batch, transaction) => {
            record.records.push(...recordsOf(batch as ProducerBatch));
            const answer = await (transaction as Transaction).sendBatch(batch as ProducerBatch);
            afterSend();
            return answer;
          },
        }),
    });
  };
  return recorded;
}

const recordsOf = ({ topicMessages = [] }: ProducerBatch): unknown[] =>
  topicMessages.flatMap(({ messages }) => {
    const parts: Record<number, unknown> = messages.reduce((none) => none, {});
    return Object.values(parts).map((part) => (part instanceof RequestPart ? part.records : part));
  });

type Overrides<T> = Partial<Record<keyof T, (argument: unknown, target: T) => Promise<unknown>>>;

/** The same object, with the names of its methods written down when they are called. */
const watched = <T extends Producer | Transaction>(target: T, calls: string[], overrides: Overrides<T>): T =>
  new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls.push(String(name));
        const override = overrides[name as keyof T];
        return override === undefined ? value.apply(target, args) : override(args[0], target);
      };
    },
  });
