import { isUtf8 } from 'node:buffer';
import { FRAMING_BYTES, MAX_MESSAGE_BYTES } from '../shared/message';
import type { Column, ColumnKind, Row } from '../shared/rows';
import { JsonBytes } from './json-bytes';

/** A row that cannot become a message, and why. The message names the column and never holds its value. */
export class UnemittableRowError extends Error {
  override readonly name = 'UnemittableRowError';
}

/** Maximum bytes of a row's JSON: {@link MAX_MESSAGE_BYTES} less a key of at most 19 digits and the framing. */
export const MAX_ROW_BYTES = MAX_MESSAGE_BYTES - FRAMING_BYTES - 19;

/**
 * Compiles the function that turns rows of these columns into JSON.
 *
 * The function throws UnemittableRowError for a row that has no JSON form within `maxBytes`.
 *
 * @param maxBytes most bytes of a row's JSON. @default {@link MAX_ROW_BYTES}
 */
export function rowEncoder(columns: readonly Column[], maxBytes = MAX_ROW_BYTES): (row: Row) => Buffer {
  const fields = columns.map(({ name, kind }, index) => ({
    prefix: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    name,
    write: WRITERS[kind],
  }));
  const json = new JsonBytes();
  return (row) => {
    let bytes = 0;
    for (const value of row) bytes += value === null ? 0 : value.length;
    refuseTooLarge(bytes, maxBytes);
    json.clear();
    for (let index = 0; index < fields.length; index++) {
      const { prefix, name, write } = fields[index] as (typeof fields)[number];
      const value = row[index] ?? null;
      json.raw(prefix);
      if (value === null) json.raw(NULL);
      else write(json, value, name);
    }
    json.raw(END);
    const encoded = json.take();
    refuseTooLarge(encoded.length, maxBytes);
    return encoded;
  };
}

const NULL = Buffer.from('null');
const END = Buffer.from('}');
const QUOTE = Buffer.from('"');

/** Between the date and the time. */
const T = Buffer.from('T');

/** Behind a time in UTC. */
const Z = Buffer.from('Z');

/** Length of a date without a time. */
const DATE_BYTES = '0000-00-00'.length;

const WRITERS: Record<ColumnKind, (json: JsonBytes, value: Buffer, column: string) => void> = {
  number: (json, value) => json.raw(value, leadingZeros(value)),
  text: (json, value, column) => {
    refuseUnlessUtf8(value, column);
    json.text(value);
  },
  datetime: (json, value) => {
    json.raw(QUOTE);
    writeDatetime(json, value);
    json.raw(QUOTE);
  },
  timestamp: (json, value) => {
    json.raw(QUOTE);
    writeDatetime(json, value);
    json.raw(Z);
    json.raw(QUOTE);
  },
  json: (json, value, column) => {
    const document = utf8(value, column);
    try {
      JSON.parse(document);
    } catch {
      throw new UnemittableRowError(`column ${column} holds text that is not JSON`);
    }
    json.raw(value);
  },
  binary: (json, value) => json.base64(value),
};

function writeDatetime(json: JsonBytes, value: Buffer): void {
  json.raw(value, 0, DATE_BYTES);
  if (value.length <= DATE_BYTES) return;
  json.raw(T);
  json.raw(value, DATE_BYTES + 1);
}

function refuseTooLarge(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new UnemittableRowError(`the row takes at least ${bytes} bytes, and a message holds ${maxBytes}`);
  }
}

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** ZEROFILL columns and the YEAR 0000 come with zeros in front of other digits, which JSON does not allow. */
function leadingZeros(number: Buffer): number {
  let zeros = 0;
  while (number[zeros] === DIGIT_0 && isDigit(number[zeros + 1])) zeros += 1;
  return zeros;
}

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9;

/**
 * Decodes the text of a column.
 *
 * @throws UnemittableRowError for bytes that are not UTF-8.
 */
export function utf8(value: Buffer, column: string): string {
  refuseUnlessUtf8(value, column);
  return value.toString('utf8');
}

function refuseUnlessUtf8(value: Buffer, column: string): void {
  if (!isUtf8(value)) throw new UnemittableRowError(`column ${column} holds bytes that are not UTF-8`);
}
