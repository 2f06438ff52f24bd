import { setImmediate as nextTurn } from 'node:timers/promises';
import { TopicError } from '../../shared/errors';
import type { Send } from '../../shared/kafka/one-broker-request';
import { PregroupedMessages, RecordWriter } from '../../shared/kafka/pregrouped-messages';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from '../../shared/message';
import type { RowSlice } from '../packed-rows';
import { partitionOfHash, partitionOfKey } from './key-partition';

/** Maximum messages of one send. */
export const MAX_SEND_MESSAGES = 1_000;

/**
 * Maximum bytes of a request for several partitions. A socket takes larger ones in pieces, between which the broker waits:
 * with twice as many the same rows took a fifth longer.
 */
export const MAX_REQUEST_BYTES = 524_288;

/**
 * Cuts the messages of a topic into sends of bounded size: a queue for each partition that gets any, in the order of the
 * messages.
 *
 * @throws TopicError when the topic has no partitions.
 */
export function sendsByPartition(
  topic: string,
  messages: readonly Message[],
  partitions: number,
): Send<PregroupedMessages>[][] {
  if (partitions === 0) throw new TopicError(`Topic ${topic} has no partitions.`);
  const queues = Array.from({ length: partitions }, (_, partition) => new PartitionQueue(topic, partition));
  for (const message of messages) queues[partitionOfKey(message.key, partitions)]?.add(message);
  return queues.map(({ sends }) => sends).filter((sends) => sends.length > 0);
}

/**
 * The same for rows, whose records are written and compressed here; the blocks that they are in are free afterwards.
 *
 * @param codec the client's number of the codec
 * @throws TopicError when the topic has no partitions.
 */
export async function rowSendsByPartition(
  topic: string,
  slices: readonly RowSlice[],
  partitions: number,
  codec: number,
): Promise<Send[][]> {
  if (partitions === 0) throw new TopicError(`Topic ${topic} has no partitions.`);
  const queues = Array.from({ length: partitions }, (): RecordWriter[] => []);
  for (const { rows, from, to } of slices) {
    for (let index = from; index < to; index++) {
      const partition = partitionOfHash(rows.hashes[index] as number, partitions);
      const [begin, end] = [rows.startOf(index), rows.ends[index] as number];
      const queue = queues[partition] as RecordWriter[];
      let records = queue.at(-1);
      if (records?.hasRoom(end - begin) !== true) {
        records = new RecordWriter();
        queue.push(records);
      }
      records.add(rows.bytes, begin, rows.keyEnds[index] as number, end);
    }
    rows.release(to - from);
  }
  const sends: Send[][] = queues.map(() => []);
  for (const [partition, queue] of queues.entries()) {
    for (const records of queue) {
      sends[partition]?.push({ topic, partition, messages: await records.finish(partition, codec) });
      // The chunk before is still on its way: a socket takes it in pieces, whenever nothing else is done.
      await nextTurn();
    }
  }
  return sends.filter(({ length }) => length > 0);
}

/**
 * Puts the sends to partitions that one broker leads together, as many as fit one request: first the first send of each
 * queue, then the second ones, and so on.
 *
 * @returns by the broker's id: requests to be made one after another
 */
export function requestsByLeader(
  queues: readonly (readonly Send[])[],
  leaderOf: (send: Send) => number,
): ReadonlyMap<number, readonly Send[][]> {
  const requests = new Map<number, Request[]>();
  const turns = Math.max(0, ...queues.map(({ length }) => length));
  for (let turn = 0; turn < turns; turn++) {
    for (const { [turn]: send } of queues) {
      if (send === undefined) continue;
      const leader = leaderOf(send);
      const ofLeader = requests.get(leader) ?? [];
      requests.set(leader, ofLeader);
      const { bytes } = send.messages;
      const last = ofLeader.at(-1);
      if (last !== undefined && last.turn === turn && last.bytes + bytes <= MAX_REQUEST_BYTES) {
        last.sends.push(send);
        last.bytes += bytes;
      } else ofLeader.push({ turn, bytes, sends: [send] });
    }
  }
  return new Map([...requests].map(([leader, ofLeader]) => [leader, ofLeader.map(({ sends }) => sends)]));
}

interface Request {
  readonly turn: number;
  bytes: number;
  readonly sends: Send[];
}

class PartitionQueue {
  readonly sends: Send<PregroupedMessages>[] = [];
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
