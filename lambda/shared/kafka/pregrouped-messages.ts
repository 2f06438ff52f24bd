import { MAX_MESSAGE_BYTES, type Message } from '../message';
import { RECORD_FRAMING_BYTES, writeRecord } from './record-batch';

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

/** Memory of records that were acknowledged: making it anew for each send would keep the garbage collection busy. */
const FREE: Buffer[] = [];

/** The most of it that is kept. */
const MOST_FREE = 24;

/** Records of one partition that are encoded already. The client takes them for an array of messages, and looks at none. */
export class EncodedRecords {
  length = 0;
  /** Bytes that are in use. */
  private bytes = 0;
  private readonly memory = FREE.pop() ?? Buffer.allocUnsafeSlow(MAX_MESSAGE_BYTES);

  constructor(readonly partition: number) {}

  /** Whether a record fits whose key and value have so many bytes. */
  hasRoom(bytes: number): boolean {
    return this.bytes + bytes + RECORD_FRAMING_BYTES <= this.memory.length;
  }

  /** Adds a record, whose key and value are in a range of bytes, one behind the other. */
  add(source: Buffer, from: number, keyEnd: number, to: number): void {
    this.bytes = writeRecord(this.memory, this.bytes, source, from, keyEnd, to, this.length);
    this.length += 1;
  }

  get records(): Buffer {
    return this.memory.subarray(0, this.bytes);
  }

  /** Gives the memory to other records, once these are acknowledged. */
  release(): void {
    if (FREE.length < MOST_FREE) FREE.push(this.memory);
  }

  /** None has no value, which is what the client looks for. */
  find(): undefined {
    return undefined;
  }

  reduce<T>(): T {
    return { [this.partition]: this } as T;
  }
}
