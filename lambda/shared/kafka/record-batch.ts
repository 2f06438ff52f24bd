import type { Message } from '../message';

import { crc32c } from './crc32c';

/** Header fields that apply to all records of a batch. */
export interface RecordBatchHeader {
  /** Kafka's number of the codec that the records are compressed with; 0 for none. */
  readonly codec: number;
  readonly isTransactional: boolean;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The sequence number of the first record. */
  readonly firstSequence: number;
  /** Timestamp of all records, in milliseconds since the epoch. */
  readonly timestamp: number;
}

/** Before the records: the header of a batch. */
export const BATCH_HEADER_BYTES = 61;

/** Start of the bytes that the batch's length counts. */
const COUNTED_FROM = 12;

/** Start of the bytes that the checksum covers. */
const CHECKED_FROM = 21;

/** The version of the format. */
const MAGIC = 2;

const TRANSACTIONAL = 0x10;

/**
 * Fills in the header of a record batch whose records are there already.
 *
 * The format is https://kafka.apache.org/39/documentation.html#recordbatch, version 2.
 *
 * @param batch the batch from its first byte to its last
 */
export function writeBatchHeader(batch: Buffer, count: number, header: RecordBatchHeader): void {
  const timestamp = BigInt(header.timestamp);
  batch.writeBigInt64BE(0n, 0); // The offset of the first record, and
  batch.writeInt32BE(batch.length - COUNTED_FROM, 8);
  batch.writeInt32BE(0, 12); // the epoch of the leader: the broker fills them in.
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(header.codec | (header.isTransactional ? TRANSACTIONAL : 0), 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(timestamp, 27);
  batch.writeBigInt64BE(timestamp, 35);
  batch.writeBigInt64BE(header.producerId, 43);
  batch.writeInt16BE(header.producerEpoch, 51);
  batch.writeInt32BE(header.firstSequence, 53);
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17);
}

/** Bytes of the records of these messages. */
export function recordsBytes(messages: readonly Message[]): number {
  let bytes = 0;
  for (let offset = 0; offset < messages.length; offset++) {
    const body = bodyBytes(messages[offset] as Message, offset);
    bytes += varintBytes(body) + body;
  }
  return bytes;
}

/** Writes the records of these messages, all of them of the time of the batch. */
export function writeRecords(messages: readonly Message[], bytes: Buffer, begin: number): void {
  let at = begin;
  for (let offset = 0; offset < messages.length; offset++) {
    const message = messages[offset] as Message;
    const { key, value, headers } = message;
    at = writeVarint(bytes, at, bodyBytes(message, offset));
    bytes[at++] = 0; // attributes
    bytes[at++] = 0; // how much later than the batch
    at = writeVarint(bytes, at, offset);
    at = writeText(bytes, at, key);
    if (value === null) bytes[at++] = NO_VALUE;
    else {
      at = writeVarint(bytes, at, value.length);
      bytes.set(value, at);
      at += value.length;
    }
    const texts = headers === undefined ? [] : Object.entries(headers).flat();
    at = writeVarint(bytes, at, texts.length / 2);
    for (const text of texts) at = writeText(bytes, at, text);
  }
}

/** The most that a record adds to its key and its value, in bytes: six numbers of at most four bytes. */
export const RECORD_FRAMING_BYTES = 16;

/** Values up to so many bytes are faster to copy one by one. */
const SHORT = 48;

/**
 * Writes one record without headers, whose key and value are in a range of bytes, one behind the other.
 *
 * @returns where the next one goes
 */
export function writeRecord(
  bytes: Buffer,
  begin: number,
  source: Buffer,
  from: number,
  keyEnd: number,
  to: number,
  offset: number,
): number {
  const key = keyEnd - from;
  const value = to - keyEnd;
  const body = 3 + varintBytes(offset) + varintBytes(key) + key + varintBytes(value) + value;
  let at = writeVarint(bytes, begin, body);
  bytes[at++] = 0; // attributes
  bytes[at++] = 0; // how much later than the batch
  at = writeVarint(bytes, at, offset);
  at = writeVarint(bytes, at, key);
  for (let index = from; index < keyEnd; index++) bytes[at++] = source[index] as number;
  at = writeVarint(bytes, at, value);
  if (value > SHORT) at += source.copy(bytes, at, keyEnd, to);
  else for (let index = keyEnd; index < to; index++) bytes[at++] = source[index] as number;
  bytes[at++] = 0; // headers
  return at;
}

/** The length -1, which is no value, as a varint. */
const NO_VALUE = 1;

/** Without its own length. */
function bodyBytes({ key, value, headers }: Message, offset: number): number {
  const valueBytes = value === null ? 1 : varintBytes(value.length) + value.length;
  const texts = headers === undefined ? [] : Object.entries(headers).flat();
  const headerBytes = texts.reduce((sum, text) => sum + textBytes(text), varintBytes(texts.length / 2));
  return 2 + varintBytes(offset) + textBytes(key) + valueBytes + headerBytes;
}

const textBytes = (text: string): number => varintBytes(text.length) + text.length;

/** Writes ASCII. @returns where the next byte goes. */
function writeText(bytes: Buffer, begin: number, text: string): number {
  let at = writeVarint(bytes, begin, text.length);
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  return at;
}

/** Bytes of a number from 0 on as a varint, each with seven bits of it; "zigzag" takes one bit for the sign. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 6; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}

/** @returns where the next byte goes. */
function writeVarint(bytes: Buffer, begin: number, value: number): number {
  let at = begin;
  let rest = value << 1;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}
