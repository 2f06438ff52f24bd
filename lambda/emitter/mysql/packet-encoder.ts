import { isUtf8 } from 'node:buffer';
import type { Column, ColumnKind, Row } from '../../shared/rows';
import { STANDS_FOR_ITSELF, writeEscape } from '../json-bytes';
import { rowEncoder, UnemittableRowError } from '../messages';
import type { PackedRows } from '../packed-rows';

/** Packets up to so many bytes are encoded in place. */
const LARGEST_PACKET = 16_384;

/** Prefixes up to so many bytes, which are the names of columns. */
const LARGEST_PREFIXES = 65_536;

/** The most that a byte becomes: `\u0000`, or a length of nothing `null`. */
const LONGEST_ESCAPE = 6;

/** Kinds that are encoded in place. */
const PLAIN: readonly ColumnKind[] = ['number', 'text', 'datetime', 'timestamp'];
const [NUMBER, TEXT, , TIMESTAMP] = [0, 1, 2, 3];

const DIGIT_0 = 0x30;
const QUOTE = 0x22;
const NULL_LENGTH = 0xfb;

/** Length of a date without a time. */
const DATE_BYTES = 10;

/**
 * Encodes rows as they are in the packets of the database, without an object a row or a value. What is rare, it leaves to
 * {@link rowEncoder}, whose JSON it makes byte for byte: binary and JSON columns, long rows, and text that is not UTF-8.
 */
export class PacketEncoder {
  private readonly kinds: Uint8Array;
  private readonly prefixes: Buffer;
  private readonly prefixEnds: Uint32Array;
  private readonly isPlain: boolean;
  private readonly encode: (row: Row) => Buffer;
  private source: Uint8Array = new Uint8Array();
  private sourceView = viewOf(this.source);

  constructor(
    private readonly columns: readonly Column[],
    private readonly keyIndex: number,
  ) {
    const prefixes = columns.map(({ name }, index) =>
      Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    );
    this.prefixes = Buffer.concat(prefixes);
    let end = 0;
    this.prefixEnds = Uint32Array.from(prefixes, ({ length }) => {
      end += length;
      return end;
    });
    this.kinds = Uint8Array.from(columns, ({ kind }) => PLAIN.indexOf(kind));
    this.isPlain = columns.every(({ kind }) => PLAIN.includes(kind)) && end <= LARGEST_PREFIXES;
    this.encode = rowEncoder(columns);
  }

  /** The most bytes that a packet of a size becomes in place. */
  mostBytes(size: number): number {
    return LONGEST_ESCAPE * Math.min(size, LARGEST_PACKET) + this.prefixes.length + 32;
  }

  /** Adds the row of the packet in a range of bytes, whose lengths are those of the protocol: it is whole. */
  add(rows: PackedRows, source: Uint8Array, start: number, end: number): void {
    rows.reserve(this.mostBytes(end - start));
    if (source !== this.source) {
      this.source = source;
      this.sourceView = viewOf(source);
    }
    let key = start;
    for (let column = 0; column < this.keyIndex; column++) key = endOfValue(source, key);
    const keyEnd = endOfValue(source, key);
    const at = rows.begin(source, key + 1, keyEnd);
    const jsonEnd = this.isPlain && end - start <= LARGEST_PACKET ? this.writeJson(rows, at, start) : -1;
    if (jsonEnd >= 0) rows.end(jsonEnd);
    else rows.add(Buffer.from(source.subarray(key + 1, keyEnd)), this.rarely(source, start));
  }

  /** @returns where it ends; -1 when text is not UTF-8 */
  private writeJson(rows: PackedRows, begin: number, start: number): number {
    const { kinds, prefixes, prefixEnds, source, sourceView } = this;
    const { bytes, view } = rows;
    let [at, next, prefix] = [begin, start, 0];
    for (let column = 0; column < kinds.length; column++) {
      const prefixEnd = prefixEnds[column] as number;
      while (prefix < prefixEnd) bytes[at++] = prefixes[prefix++] as number;
      const first = source[next] as number;
      if (first === NULL_LENGTH) {
        view.setUint32(at, 0x6e756c6c); // null
        at += 4;
        next += 1;
        continue;
      }
      const stop = endOfValue(source, next);
      let from = next + (first < NULL_LENGTH ? 1 : 3);
      next = stop;
      const kind = kinds[column];
      if (kind === NUMBER) {
        while (from + 1 < stop && source[from] === DIGIT_0 && isDigit(source[from + 1] as number)) from += 1;
        while (from < stop) bytes[at++] = source[from++] as number;
        continue;
      }
      bytes[at++] = QUOTE;
      if (kind === TEXT) {
        const textStart = from;
        let seen = 0;
        while (from + 4 <= stop) {
          const word = sourceView.getInt32(from, true);
          seen |= word;
          if (isPlainWord(word)) {
            view.setInt32(at, word, true);
            at += 4;
            from += 4;
          } else for (const end = from + 4; from < end; ) at = writeByte(bytes, at, source[from++] as number);
        }
        while (from < stop) {
          const byte = source[from++] as number;
          seen |= byte;
          at = writeByte(bytes, at, byte);
        }
        if ((seen & 0x80808080) !== 0 && !isUtf8(source.subarray(textStart, stop))) return -1;
      } else {
        const separator = from + DATE_BYTES;
        for (; from < stop; from++) bytes[at++] = from === separator ? 0x54 : (source[from] as number); // T
        if (kind === TIMESTAMP) bytes[at++] = 0x5a; // Z
      }
      bytes[at++] = QUOTE;
    }
    bytes[at++] = 0x7d; // }
    return at;
  }

  private rarely(source: Uint8Array, start: number): Buffer | string {
    let next = start;
    const row = this.columns.map(() => {
      const first = source[next] as number;
      const from = next + (first <= NULL_LENGTH ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9);
      next = endOfValue(source, next);
      return first === NULL_LENGTH ? null : Buffer.from(source.buffer, source.byteOffset + from, next - from);
    });
    try {
      return this.encode(row);
    } catch (error) {
      if (error instanceof UnemittableRowError) return error.message;
      throw error;
    }
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

const isDigit = (byte: number): boolean => byte >= DIGIT_0 && byte <= 0x39;

const writeByte = (bytes: Buffer, at: number, byte: number): number => {
  if (STANDS_FOR_ITSELF[byte] === 0) return writeEscape(bytes, at, byte);
  bytes[at] = byte;
  return at + 1;
};

/** Whether none of four bytes is escaped: control characters, quotes and backslashes are. It may say no of others. */
function isPlainWord(word: number): boolean {
  const quotes = word ^ 0x22222222;
  const backslashes = word ^ 0x5c5c5c5c;
  const found =
    ((word - 0x20202020) & ~word) |
    ((quotes - 0x01010101) & ~quotes) |
    ((backslashes - 0x01010101) & ~backslashes);
  return (found & 0x80808080) === 0;
}

/** Skips a value and the length in front of it: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html */
function endOfValue(source: Uint8Array, at: number): number {
  const first = source[at] as number;
  if (first < NULL_LENGTH) return at + 1 + first;
  if (first === NULL_LENGTH) return at + 1;
  const two = (source[at + 1] as number) | ((source[at + 2] as number) << 8);
  if (first === 0xfc) return at + 3 + two;
  const three = two | ((source[at + 3] as number) << 16);
  return first === 0xfd ? at + 4 + three : at + 9 + three + (source[at + 4] as number) * 2 ** 24;
}
