import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { UnreachableError } from '../shared/errors';
import { whileReachable } from '../shared/kafka/broker-watch';
import { closeQuietly } from '../shared/kafka/close-quietly';
import { kafkaError, protocolErrorType } from '../shared/kafka/kafka-errors';
import { installKafkaPatches } from '../shared/kafka/kafka-patches';
import { GROUP_IS_YOUNG } from '../shared/kafka/transient';

/** A piece of a partition: the offsets from `from` up to and without `to`, which may be Infinity. */
export interface OffsetRange {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** Options of {@link readOffsetRanges}. */
export interface ReadOffsetRangesOptions {
  /** A consumer group of its own; deleted afterwards. */
  readonly groupId: string;
  /** At most one of each partition. */
  readonly ranges: readonly OffsetRange[];
  readonly onMessage: (message: KafkaMessage, range: OffsetRange) => void;
  /** Timeout for the next records of any broker, in milliseconds. @default 60000 */
  readonly stallMs?: number;
  /** Ends reading when it is aborted: no message is handed on any more. With it there is no timeout. @default none */
  readonly signal?: AbortSignal;
}

/** Bytes of a partition in one answer of a broker: what bounds the memory of reading. */
const MAX_BYTES_PER_PARTITION = 131_072;

/** Time that a broker waits for records, and that stopping takes, in milliseconds. */
const MAX_WAIT_MS = 100;

/**
 * Reads every committed record of the ranges, each exactly once and those of a partition in order.
 *
 * The end of a range is not always a record: it may be the marker of a transaction, or records of an aborted one, which
 * never reach the callback. The events at the end of each batch count these too. After a rebalance kafkajs starts again
 * from the first offset, since none are committed; records that were read before are passed over then.
 *
 * @throws UnreachableError when a broker gives nothing for `stallMs`, naming where reading stopped.
 */
export async function readOffsetRanges(kafka: Kafka, options: ReadOffsetRangesOptions): Promise<void> {
  const { groupId, ranges, onMessage, stallMs = 60_000, signal } = options;
  const unread = new Map(
    ranges
      .filter(({ from, to }) => from < to)
      .map((range) => [idOf(range.topic, range.partition), { range, next: range.from }]),
  );
  if (unread.size === 0 || signal?.aborted === true) return;
  const topics = [...new Set(ranges.map(({ topic }) => topic))];
  // Whatever client is given, it can read what the emitter has written.
  installKafkaPatches();
  const consumer = kafka.consumer({
    groupId,
    maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
    maxWaitTimeInMs: MAX_WAIT_MS,
    retry: {
      restartOnFailure: async (error) => GROUP_IS_YOUNG.includes(protocolErrorType(error) ?? ''),
    },
  });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  // It may reject while the consumer still starts; the `await` below comes later.
  finished.catch(() => {});
  const stall = (): void => {
    const places = [...unread.values()].map(
      ({ range, next }) => `${range.topic}[${range.partition}] at ${next} of ${range.to}`,
    );
    reject(new UnreachableError(`Kafka sent nothing for ${stallMs / 1_000} s: ${places.join(', ')}.`));
  };
  const stalled = signal === undefined ? setTimeout(stall, stallMs) : undefined;
  signal?.addEventListener('abort', () => resolve(), { once: true });

  let crash: Error | undefined;
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    crash = payload.error;
    if (!payload.restart) reject(crash);
  });
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
    stalled?.refresh();
    const reading = unread.get(idOf(topic, partition));
    if (reading === undefined) return;
    reading.next = Math.max(reading.next, Number(lastOffset) + 1);
    if (reading.next < reading.range.to) return;
    consumer.pause([{ topic, partitions: [partition] }]);
    unread.delete(idOf(topic, partition));
    if (unread.size === 0) resolve();
  });
  try {
    await whileReachable(kafka, async () => {
      await consumer.connect();
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          const reading = unread.get(idOf(batch.topic, batch.partition));
          if (reading === undefined) return;
          for (const message of batch.messages) {
            const offset = Number(message.offset);
            if (signal?.aborted === true) return;
            if (offset >= reading.next && offset < reading.range.to) onMessage(message, reading.range);
          }
        },
      });
      // One that has crashed and starts again cannot be told where to, and begins at the first offset.
      if (crash === undefined)
        for (const { topic, partition, from } of ranges)
          consumer.seek({ topic, partition, offset: String(from) });
      await finished;
    });
  } catch (error) {
    throw kafkaError(error, 'reading the topics', { topics, group: groupId });
  } finally {
    clearTimeout(stalled);
    await leave(kafka, consumer, groupId);
  }
}

const idOf = (topic: string, partition: number): string => `${topic}[${partition}]`;

/** Best effort: what is left of a group without committed offsets, Kafka forgets by itself. */
async function leave(kafka: Kafka, consumer: Consumer, groupId: string): Promise<void> {
  await closeQuietly(() => consumer.disconnect());
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.deleteGroups([groupId]);
  } catch {
    // Nothing depends on it.
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
}
