import type { Admin, FetchOffsetsPartition, Transaction } from 'kafkajs';
import { MOST_SHARDS } from '../../shared/environment';
import { GROUP_IS_YOUNG, TRANSACTION_IS_ENDING, whileTransient } from '../../shared/kafka/transient';
import {
  emitterIdOf,
  type PerStream,
  perStream,
  STREAMS,
  type StreamName,
  topicOf,
} from '../../shared/streams';
import type { Checkpoint, Position } from '../ports';
import { foreignOffsetError, liveMemberError, lostCheckpointError } from './checkpoint-errors';
import { committedOf, positionOf } from './position-record';

/** The position in a table of which nothing is emitted. */
export const BEGINNING: Position = { nextKey: 0n, unkeyed: '' };

/** A position that is about to be replaced, and tells nothing, not even which shards may have ranges. */
const UNKNOWN: Position = { ...BEGINNING, shards: MOST_SHARDS };

/** Committed positions of a group; `undefined` where there is none. */
export type CommittedPositions = PerStream<Position | undefined>;

/**
 * The checkpoints of the shards, in the committed offsets of their consumer groups: on partition 0 of a stream's topic
 * the offset is the next key to read, and its metadata the rest of the position. What somebody else wrote is refused.
 */
export class CheckpointStore {
  /** The cluster whose offsets these are; known after `learnCluster`. */
  private clusterId = '';

  constructor(
    private readonly userId: string,
    private readonly shard: number,
  ) {}

  async learnCluster(admin: Admin): Promise<void> {
    this.clusterId = (await admin.describeCluster()).clusterId;
  }

  /**
   * Reads the committed positions of a shard's group.
   *
   * @param replaced the streams whose positions are about to be replaced, whoever wrote them
   * @throws CheckpointError for any other position that the emitter did not write.
   */
  async read(admin: Admin, shard: number, replaced: readonly StreamName[]): Promise<CommittedPositions> {
    const group = emitterIdOf(this.userId, shard);
    const positions = perStream((): Position | undefined => undefined);
    const records = await readOffsets(admin, group);
    for (const { name } of STREAMS) {
      const topic = topicOf(this.userId, name);
      const record = records.get(topic);
      if (record === undefined) continue;
      const read = positionOf(record, this.clusterId);
      if ('position' in read) positions[name] = read.position;
      else if (replaced.includes(name)) positions[name] = UNKNOWN;
      else throw foreignOffsetError({ group, topic, ...record }, read.foreign);
    }
    return positions;
  }

  /**
   * A stream without a position is at its beginning.
   *
   * @throws CheckpointError when the primary's is gone. A shard has none before it is given a range.
   */
  async checkpointOf(
    admin: Admin,
    positions: CommittedPositions,
    replaced: readonly StreamName[],
  ): Promise<Checkpoint> {
    const checkpoint = perStream(({ name }) => positions[name] ?? BEGINNING);
    if (this.shard > 0) return checkpoint;
    for (const { name } of STREAMS) {
      const topic = topicOf(this.userId, name);
      if (positions[name] !== undefined || !(await isWritten(admin, topic))) continue;
      if (!replaced.includes(name)) throw lostCheckpointError(emitterIdOf(this.userId, this.shard), topic);
      checkpoint[name] = UNKNOWN;
    }
    return checkpoint;
  }

  /** @throws CheckpointError naming a consumer that is in the group, and may commit what it likes. */
  async refuseMembers(admin: Admin): Promise<void> {
    const groupId = emitterIdOf(this.userId, this.shard);
    const { groups } = await whileTransient(GROUP_IS_YOUNG, () => admin.describeGroups([groupId]));
    const member = groups.flatMap(({ members }) => members)[0];
    if (member !== undefined) throw liveMemberError(groupId, member);
  }

  /** Makes positions of a shard part of a transaction. */
  async write(transaction: Transaction, checkpoint: Partial<Checkpoint>, shard: number): Promise<void> {
    const consumerGroupId = emitterIdOf(this.userId, shard);
    const topics = STREAMS.flatMap(({ name }) => {
      const position = checkpoint[name];
      if (position === undefined) return [];
      return {
        topic: topicOf(this.userId, name),
        partitions: [{ partition: 0, ...committedOf(position, this.clusterId) }],
      };
    });
    await whileTransient(TRANSACTION_IS_ENDING, () => transaction.sendOffsets({ consumerGroupId, topics }));
  }
}

/**
 * Reads the committed offsets of partition 0, by their topics. All those of the group are asked for: by the names of
 * several topics the client may ask for no partition of some, for it fetches the metadata of each at the same time, and
 * keeps what came last (kafkajs 2.2.4).
 */
async function readOffsets(
  admin: Admin,
  groupId: string,
): Promise<ReadonlyMap<string, FetchOffsetsPartition>> {
  const committed = await whileTransient(GROUP_IS_YOUNG, () => admin.fetchOffsets({ groupId }));
  return new Map(
    committed.flatMap(({ topic, partitions }) => {
      const record = partitions.find(({ partition }) => partition === 0);
      return record === undefined || record.offset === '-1' ? [] : [[topic, record] as const];
    }),
  );
}

/** Whether a topic has, or had, a record that is committed or the marker of a transaction. */
const isWritten = async (admin: Admin, topic: string): Promise<boolean> =>
  (await admin.fetchTopicOffsets(topic)).some(({ high }) => high !== '0');
