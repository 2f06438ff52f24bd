import { isUtf8 } from 'node:buffer';

/**
 * How a column's text, as the database sends it, becomes JSON:
 *
 * - `number`: integers, YEAR, FLOAT and DOUBLE; a number literal with the database's own digits
 * - `text`: a string (DECIMAL and TIME, too)
 * - `datetime`: DATE and DATETIME; ISO-8601 without a zone
 * - `timestamp`: TIMESTAMP read in UTC; ISO-8601 with Z
 * - `json`: embedded as it is
 * - `binary`: BINARY, BLOB, BIT, geometry; a base64 string
 */
export type ColumnKind = 'number' | 'text' | 'datetime' | 'timestamp' | 'json' | 'binary';

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** One row in the order of its columns: the bytes that the database sent (text in UTF-8), or `null` for NULL. */
export type Row = readonly (Buffer | null)[];

/** A row that cannot become a message, and why. The message names the column and never holds its value. */
export class UnemittableRowError extends Error {
  override readonly name = 'UnemittableRowError';
}

/** Most bytes of one message, key and value and framing: what a single `send` may hold. Kafka's default `max.message.bytes` is 1,048,588. */
export const MAX_MESSAGE_BYTES = 900_000;

/** The most that Kafka's record format v2 and its batch header add to a key and a value, in bytes. */
const FRAMING_BYTES = 100;

/** Most bytes of a row's JSON: what {@link MAX_MESSAGE_BYTES} leaves beside a key of at most 19 digits and the framing. */
export const MAX_ROW_BYTES = MAX_MESSAGE_BYTES - FRAMING_BYTES - 19;

/** The size of a message as part of a `send`, in bytes. */
export const messageBytes = (message: { readonly key: string; readonly value: Buffer }): number =>
  message.key.length + message.value.length + FRAMING_BYTES;

/**
 * Compiles the function that turns rows of these columns into JSON.
 *
 * The function throws UnemittableRowError for a row that has no JSON form within `maxBytes`.
 *
 * @param maxBytes most bytes of a row's JSON. @default {@link MAX_ROW_BYTES}
 */
export function rowEncoder(columns: readonly Column[], maxBytes = MAX_ROW_BYTES): (row: Row) => Buffer {
  const fields = columns.map(({ name, kind }, index) => ({
    prefix: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`,
    name,
    encode: ENCODERS[kind],
  }));
  return (row) => {
    refuseTooLarge(
      row.reduce((bytes, value) => bytes + (value?.length ?? 0), 0),
      maxBytes,
    );
    let json = '';
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index] as (typeof fields)[number];
      const value = row[index] ?? null;
      json += field.prefix;
      json += value === null ? 'null' : field.encode(value, field.name);
    }
    const encoded = Buffer.from(`${json}}`);
    refuseTooLarge(encoded.length, maxBytes);
    return encoded;
  };
}

const ENCODERS: Record<ColumnKind, (value: Buffer, column: string) => string> = {
  number: (value) => withoutLeadingZeros(value.toString('latin1')),
  text: (value, column) => JSON.stringify(utf8(value, column)),
  datetime: (value) => `"${value.toString('latin1').replace(' ', 'T')}"`,
  timestamp: (value) => `"${value.toString('latin1').replace(' ', 'T')}Z"`,
  json: (value, column) => {
    const text = utf8(value, column);
    try {
      JSON.parse(text);
    } catch {
      throw new UnemittableRowError(`column ${column} holds text that is not JSON`);
    }
    return text;
  },
  binary: (value) => `"${value.toString('base64')}"`,
};

function refuseTooLarge(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new UnemittableRowError(`the row takes at least ${bytes} bytes, and a message holds ${maxBytes}`);
  }
}

/** ZEROFILL columns and the YEAR 0000 come with zeros in front, which JSON does not allow. */
function withoutLeadingZeros(digits: string): string {
  return digits.charCodeAt(0) === 48 && digits.length > 1 ? digits.replace(/^0+(?=\d)/, '') : digits;
}

/**
 * Decodes the text of a column.
 *
 * @throws UnemittableRowError for bytes that are not UTF-8.
 */
export function utf8(value: Buffer, column: string): string {
  const text = value.toString('utf8');
  if (text.includes('\uFFFD') && !isUtf8(value)) {
    throw new UnemittableRowError(`column ${column} holds bytes that are not UTF-8`);
  }
  return text;
}
