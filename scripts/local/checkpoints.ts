import type { Kafka } from 'kafkajs';
import { positionOf } from '../../lambda/emitter/kafka/position-record';
import type { Position } from '../../lambda/emitter/ports';
import { MOST_SHARDS } from '../../lambda/shared/environment';
import { whileReachable } from '../../lambda/shared/kafka/broker-watch';
import { closeQuietly } from '../../lambda/shared/kafka/close-quietly';
import { kafkaError } from '../../lambda/shared/kafka/kafka-errors';
import { GROUP_IS_YOUNG, whileTransient } from '../../lambda/shared/kafka/transient';
import { emitterIdOf, STREAMS, topicOf } from '../../lambda/shared/streams';

/** The checkpoint of a shard of the emitter in one table: a committed offset of its consumer group. */
export type StoredCheckpoint = {
  readonly group: string;
  readonly topic: string;
  /** The next key to read, in decimal digits. */
  readonly nextKey: string;
} & (
  | { readonly position: Position }
  /** Reason for which the emitter cannot have written it. */
  | { readonly foreign: string }
);

/**
 * Reads the checkpoints of all possible shards of the emitter; a shard that never had a range has none.
 *
 * @throws PipelineError when Kafka cannot be asked.
 */
export async function readCheckpoints(kafka: Kafka, userId: string): Promise<StoredCheckpoint[]> {
  const admin = kafka.admin();
  const found: StoredCheckpoint[] = [];
  try {
    await whileReachable(kafka, async () => {
      await admin.connect();
      const { clusterId } = await admin.describeCluster();
      for (let shard = 0; shard < MOST_SHARDS; shard++) {
        const group = emitterIdOf(userId, shard);
        // One topic at a time: of several the client may leave some out (kafkajs 2.2.4).
        for (const { name } of STREAMS) {
          const topic = topicOf(userId, name);
          const [committed] = await whileTransient(GROUP_IS_YOUNG, () =>
            admin.fetchOffsets({ groupId: group, topics: [topic] }),
          );
          const stored = committed?.partitions.find(({ partition }) => partition === 0);
          if (stored === undefined || stored.offset === '-1') continue;
          found.push({ group, topic, nextKey: stored.offset, ...positionOf(stored, clusterId) });
        }
      }
    });
  } catch (error) {
    throw kafkaError(error, 'reading the checkpoints', { group: emitterIdOf(userId) });
  } finally {
    await closeQuietly(() => admin.disconnect());
  }
  return found;
}
