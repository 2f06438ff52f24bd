import type { Message } from '../message';

/**
 * Messages of one partition.
 *
 * The client groups the messages of a send by partition with `reduce`, in a time and in memory that grow with the square
 * of their number (kafkajs 2.2.4, `groupMessagesPerPartition.js`). These say that they are grouped already.
 */
export class PregroupedMessages extends Array<Message> {
  /** Makes derived arrays plain arrays. */
  static override readonly [Symbol.species] = Array;

  constructor(readonly partition: number) {
    super();
  }

  override reduce<T>(): T {
    return { [this.partition]: this } as T;
  }
}
