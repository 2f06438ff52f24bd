/** Bytes at first; enough for most rows. */
const FIRST_CAPACITY = 16_384;

/** Text is written in pieces of so many bytes, each of which may take {@link LONGEST_ESCAPE} times as many. */
const PIECE_BYTES = 4_096;

/** `\u0000` */
const LONGEST_ESCAPE = 6;

/** Up to so many bytes a loop is faster than a call of `set`. */
const SHORT = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Short escapes of JSON, by byte: https://www.rfc-editor.org/rfc/rfc8259#section-7 */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'\b\t\n\f\r"\\'].map((character, index) => [character.charCodeAt(0), 'btnfr"\\'.charCodeAt(index)]),
);

/** Whether a byte stands for itself in a string: text beyond ASCII does, whose bytes are all above it. */
export const STANDS_FOR_ITSELF = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
);

const HEX = Buffer.from('0123456789abcdef');

/** Writes JSON as bytes, one piece after the other, into memory that grows and is used again. */
export class JsonBytes {
  private bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;

  /** Bytes as they are: those of `source` from one index on to before another. */
  raw(source: Uint8Array, from = 0, to = source.length): void {
    this.makeRoom(to - from);
    if (to - from > SHORT) {
      this.bytes.set(source.subarray(from, to), this.length);
      this.length += to - from;
      return;
    }
    const { bytes } = this;
    let at = this.length;
    for (let index = from; index < to; index++) bytes[at++] = source[index] as number;
    this.length = at;
  }

  /** A string of text that is UTF-8. */
  text(utf8: Uint8Array): void {
    this.byte(QUOTE);
    for (let begin = 0; begin < utf8.length; begin += PIECE_BYTES)
      this.escape(utf8, begin, Math.min(begin + PIECE_BYTES, utf8.length));
    this.byte(QUOTE);
  }

  /** A string of bytes in base64. */
  base64(source: Buffer): void {
    this.byte(QUOTE);
    const digits = source.toString('base64');
    this.makeRoom(digits.length);
    this.length += this.bytes.write(digits, this.length, 'latin1');
    this.byte(QUOTE);
  }

  private byte(value: number): void {
    this.makeRoom(1);
    this.bytes[this.length++] = value;
  }

  /** Returns a copy of what was written, and starts again. */
  take(): Buffer {
    const taken = Buffer.allocUnsafe(this.length);
    taken.set(this.bytes.subarray(0, this.length));
    this.length = 0;
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.length = 0;
  }

  private escape(utf8: Uint8Array, begin: number, end: number): void {
    this.makeRoom((end - begin) * LONGEST_ESCAPE);
    const { bytes } = this;
    let at = this.length;
    for (let index = begin; index < end; index++) {
      const byte = utf8[index] as number;
      if (STANDS_FOR_ITSELF[byte] === 1) bytes[at++] = byte;
      else at = writeEscape(bytes, at, byte);
    }
    this.length = at;
  }

  private makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** Writes the escape of a byte that does not stand for itself. @returns where the next byte goes. */
export function writeEscape(bytes: Buffer, begin: number, byte: number): number {
  let at = begin;
  bytes[at++] = BACKSLASH;
  const short = SHORT_ESCAPES.get(byte);
  if (short !== undefined) {
    bytes[at++] = short;
    return at;
  }
  bytes[at++] = 0x75; // u
  bytes[at++] = 0x30;
  bytes[at++] = 0x30;
  bytes[at++] = HEX[byte >> 4] as number;
  bytes[at++] = HEX[byte & 0xf] as number;
  return at;
}
