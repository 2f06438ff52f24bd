import { createHash } from 'node:crypto';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from '../shared/message';
import type { Row } from '../shared/rows';

import type { Stream } from '../shared/streams';

/** A record of the dead letter topic: the value of the message, as JSON. */
export interface DeadLetter {
  readonly table: string;
  /** The row's key in decimal digits, or `null` when it has none that can be used. */
  readonly key: string | null;
  /** Reason for which the row could not be emitted. */
  readonly reason: string;
  /** The row itself where it has a JSON form and fits; `null` otherwise. */
  readonly row: unknown;
}

/** The dead letter of a row that has a key, and which can be looked up by it. */
export function keyedDeadLetter(stream: Stream, key: string, reason: string): Message {
  return { key: `${stream.table}:${key}`, value: encode(stream.table, key, reason, 'null') };
}

/** The dead letter of a row that has no usable key. It carries the row, and the row's fingerprint as its key: the same row gives the same message. */
export function unkeyedDeadLetter(stream: Stream, row: Row, json: Buffer | undefined): Message {
  const reason = `column ${stream.keyColumn} is NULL, negative or too large to be a key`;
  const key = `${stream.table}:${rowFingerprint(row).toString('hex')}`;
  const whole = { key, value: encode(stream.table, null, reason, json?.toString() ?? 'null') };
  return messageBytes(whole) <= MAX_MESSAGE_BYTES
    ? whole
    : { key, value: encode(stream.table, null, reason, 'null') };
}

/** The first 16 bytes of the SHA-256 of a row's values. */
export function rowFingerprint(row: Row): Buffer {
  const hash = createHash('sha256');
  for (const value of row) {
    hash.update(value === null ? 'null;' : `${value.length};`);
    if (value !== null) hash.update(value);
  }
  return hash.digest().subarray(0, 16);
}

/** The row is spliced in as text, so that its numbers keep the digits that the database gave them. */
function encode(table: string, key: string | null, reason: string, rowJson: string): Buffer {
  const head = JSON.stringify({ table, key, reason } satisfies Omit<DeadLetter, 'row'>);
  return Buffer.from(`${head.slice(0, -1)},"row":${rowJson}}`);
}
