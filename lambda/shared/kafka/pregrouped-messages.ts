import { lookupCodec } from 'kafkajs/src/protocol/message/compression';
import { MAX_MESSAGE_BYTES, type Message } from '../message';
import { RECORD_FRAMING_BYTES, recordsBytes, writeRecord } from './record-batch';

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

  /** Bytes of their records, before they are compressed. */
  get bytes(): number {
    return recordsBytes(this);
  }

  override reduce<T>(): T {
    return { [this.partition]: this } as T;
  }
}

/** Records of one partition: messages that are encoded with the request, or encoded already. */
export type PartitionRecords = PregroupedMessages | EncodedRecords;

/** Memory of records that were compressed: making it anew for each send would keep the garbage collection busy. */
const FREE: Buffer[] = [];

/** The most of it that is kept. */
const MOST_FREE = 8;

/** Records of one partition, written one behind the other, until they are compressed. */
export class RecordWriter {
  private count = 0;
  private bytes = 0;
  private readonly memory = FREE.pop() ?? Buffer.allocUnsafeSlow(MAX_MESSAGE_BYTES);

  /** Whether a record fits whose key and value have so many bytes. */
  hasRoom(bytes: number): boolean {
    return this.bytes + bytes + RECORD_FRAMING_BYTES <= this.memory.length;
  }

  /** Adds a record, whose key and value are in a range of bytes, one behind the other. */
  add(source: Buffer, from: number, keyEnd: number, to: number): void {
    this.bytes = writeRecord(this.memory, this.bytes, source, from, keyEnd, to, this.count);
    this.count += 1;
  }

  /** Compresses the records, and gives the memory to others. */
  async finish(partition: number, codec: number): Promise<EncodedRecords> {
    const records = this.memory.subarray(0, this.bytes);
    const content =
      codec === 0 ? Buffer.from(records) : await lookupCodec(codec).compress({ buffer: records });
    if (FREE.length < MOST_FREE) FREE.push(this.memory);
    return new EncodedRecords(partition, this.count, codec, content);
  }
}

/** Records of one partition as they are sent. The client takes them for an array of messages, and looks at none. */
export class EncodedRecords {
  constructor(
    readonly partition: number,
    readonly length: number,
    readonly codec: number,
    readonly content: Buffer,
  ) {}

  get bytes(): number {
    return this.content.length;
  }

  /** None has no value, which is what the client looks for. */
  find(): undefined {
    return undefined;
  }

  reduce<T>(): T {
    return { [this.partition]: this } as T;
  }
}
