import { murmur2 } from './murmur2';

/** Memory of a block at first: rows and bytes. It grows where a single row needs more. */
const BLOCK_ROWS = 2_048;
const BLOCK_BYTES = 262_144;

/** Keys are kept in two numbers, the second of so many digits: a 64-bit integer in one would be an object for each row. */
const LOW_DIGITS = 9;
const LOW_RANGE = 10n ** BigInt(LOW_DIGITS);

const DIGIT_0 = 0x30;

/** Rows of one table in a block of memory, one behind the other: of each the digits of its key, then its JSON. */
export class PackedRows {
  count = 0;
  /** Bytes that are in use. */
  length = 0;
  /** Reasons for which rows cannot be emitted, by their index; these have no JSON. */
  readonly refused = new Map<number, string>();
  view: DataView;

  constructor(
    public bytes: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES),
    /** The key without its last nine digits, and these. */
    readonly high = new Float64Array(BLOCK_ROWS),
    readonly low = new Uint32Array(BLOCK_ROWS),
    /** Hashes of the keys, from which partitions follow. */
    readonly hashes = new Int32Array(BLOCK_ROWS),
    readonly keyEnds = new Uint32Array(BLOCK_ROWS),
    readonly ends = new Uint32Array(BLOCK_ROWS),
  ) {
    this.view = viewOf(bytes);
  }

  /** A block for so many rows. */
  static for(rows: number): PackedRows {
    return new PackedRows(
      Buffer.alloc(0),
      ...([new Float64Array(rows), new Uint32Array(rows), new Int32Array(rows)] as const),
      ...([new Uint32Array(rows), new Uint32Array(rows)] as const),
    );
  }

  /** Where a row begins. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] as number);
  }

  keyOf(index: number): bigint {
    return keyOf(this.high[index] as number, this.low[index] as number);
  }

  hasRoom(bytes: number): boolean {
    return this.count < this.ends.length && this.length + bytes <= this.bytes.length;
  }

  /** Makes the memory large enough for so many more bytes. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(this.length + bytes);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
    this.view = viewOf(larger);
  }

  /** Begins a row with its key, whose digits are in a range of bytes; its JSON goes behind them. @returns where */
  begin(source: Uint8Array, from: number, to: number): number {
    // Past its end a typed array would take nothing, and say so to nobody.
    if (this.count >= this.ends.length) throw new Error('There is no room for another row in this block.');
    let first = from;
    while (first < to - 1 && source[first] === DIGIT_0) first += 1;
    const { bytes, count } = this;
    let [at, high, low] = [this.length, 0, 0];
    for (let index = first; index < to; index++) {
      const byte = source[index] as number;
      const digit = byte - DIGIT_0;
      bytes[at++] = byte;
      if (to - index > LOW_DIGITS) high = high * 10 + digit;
      else low = low * 10 + digit;
    }
    this.high[count] = high;
    this.low[count] = low;
    this.hashes[count] = murmur2(bytes, this.length, at);
    this.keyEnds[count] = at;
    return at;
  }

  /** Ends the row that was begun. */
  end(at: number): void {
    this.ends[this.count++] = at;
    this.length = at;
  }

  /** Adds a row: the digits of its key, and its JSON or why it has none. */
  add(digits: Buffer, json: Buffer | string): void {
    this.reserve(digits.length + json.length);
    const at = this.begin(digits, 0, digits.length);
    if (typeof json === 'string') this.refused.set(this.count, json);
    this.end(typeof json === 'string' ? at : at + json.copy(this.bytes, at));
  }

  /** A block in what is left of this one's memory, or in memory of its own. */
  rest(): PackedRows {
    const { count, length, bytes, high, low, hashes, keyEnds, ends } = this;
    const isLittle = ends.length - count < BLOCK_ROWS / 2 || bytes.length - length < BLOCK_BYTES / 2;
    if (isLittle) return new PackedRows();
    return new PackedRows(
      bytes.subarray(length),
      ...([high.subarray(count), low.subarray(count), hashes.subarray(count)] as const),
      ...([keyEnds.subarray(count), ends.subarray(count)] as const),
    );
  }
}

/** The key that two numbers stand for. */
export const keyOf = (high: number, low: number): bigint => BigInt(high) * LOW_RANGE + BigInt(low);

/** Some rows of a block, one behind the other: `from <= index < to`. */
export interface RowSlice {
  readonly rows: PackedRows;
  readonly from: number;
  to: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
