import type { Message } from '../message';
import { writeRecord } from './record-batch';

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

/** Records of one partition that are encoded already. The client takes them for an array of messages, and looks at none. */
export class EncodedRecords {
  length = 0;
  /** Bytes that are in use. */
  bytes = 0;
  private readonly memory: Buffer;

  constructor(
    readonly partition: number,
    capacity: number,
  ) {
    this.memory = Buffer.allocUnsafeSlow(capacity);
  }

  /** Adds a record, whose key and value are in a range of bytes, one behind the other. */
  add(source: Buffer, from: number, keyEnd: number, to: number): void {
    this.bytes = writeRecord(this.memory, this.bytes, source, from, keyEnd, to, this.length);
    this.length += 1;
  }

  /** Bytes that are left. */
  get room(): number {
    return this.memory.length - this.bytes;
  }

  get records(): Buffer {
    return this.memory.subarray(0, this.bytes);
  }

  /** None has no value, which is what the client looks for. */
  find(): undefined {
    return undefined;
  }

  reduce<T>(): T {
    return { [this.partition]: this } as T;
  }
}
