import { murmur2 } from './murmur2';

/** Memory of a block at first: rows and bytes. It grows where a single row needs more. */
const BLOCK_ROWS = 2_048;
const BLOCK_BYTES = 262_144;

/** The most memory of blocks that is kept for others: more than what waits between the database and Kafka. */
const MOST_FREE = 64;

/** Keys are kept in two numbers, the second of so many digits: a 64-bit integer in one would be an object for each row. */
const LOW_DIGITS = 9;
const LOW_RANGE = 10n ** BigInt(LOW_DIGITS);

const DIGIT_0 = 0x30;

/** Memory of one or several blocks. Making it anew for each block would keep the garbage collector busy. */
class BlockMemory {
  private static readonly free: BlockMemory[] = [];

  private blocks = 0;
  /** The key without its last nine digits, and these. */
  readonly high: Float64Array;
  readonly low: Uint32Array;
  /** Hashes of the keys, from which partitions follow. */
  readonly hashes: Int32Array;
  readonly keyEnds: Uint32Array;
  readonly ends: Uint32Array;

  constructor(
    rows: number,
    readonly bytes: Buffer,
  ) {
    this.high = new Float64Array(rows);
    this.low = new Uint32Array(rows);
    this.hashes = new Int32Array(rows);
    this.keyEnds = new Uint32Array(rows);
    this.ends = new Uint32Array(rows);
  }

  /** Memory that is free, or new. */
  static take(): BlockMemory {
    return BlockMemory.free.pop() ?? new BlockMemory(BLOCK_ROWS, Buffer.allocUnsafeSlow(BLOCK_BYTES));
  }

  /** Another block is on it. */
  hold(): void {
    this.blocks += 1;
  }

  /** One of its blocks is read to its end. */
  release(): void {
    this.blocks -= 1;
    const { free } = BlockMemory;
    if (this.blocks === 0 && this.bytes.length === BLOCK_BYTES && free.length < MOST_FREE) free.push(this);
  }
}

/** Rows of one table in a block of memory, one behind the other: of each the digits of its key, then its JSON. */
export class PackedRows {
  count = 0;
  /** Bytes that are in use. */
  length = 0;
  /** Reasons for which rows cannot be emitted, by their index; these have no JSON. */
  readonly refused = new Map<number, string>();
  bytes: Buffer;
  view: DataView;
  readonly high: Float64Array;
  readonly low: Uint32Array;
  readonly hashes: Int32Array;
  readonly keyEnds: Uint32Array;
  readonly ends: Uint32Array;
  private released = 0;

  /** @param from where it begins in its memory: rows and bytes of other blocks are before it */
  constructor(
    private readonly memory = BlockMemory.take(),
    private readonly from = { row: 0, byte: 0 },
  ) {
    memory.hold();
    this.bytes = memory.bytes.subarray(from.byte);
    this.view = viewOf(this.bytes);
    this.high = memory.high.subarray(from.row);
    this.low = memory.low.subarray(from.row);
    this.hashes = memory.hashes.subarray(from.row);
    this.keyEnds = memory.keyEnds.subarray(from.row);
    this.ends = memory.ends.subarray(from.row);
  }

  /** A block for so many rows. */
  static for(rows: number): PackedRows {
    return new PackedRows(new BlockMemory(rows, Buffer.alloc(0)));
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
    const { count, length, bytes, ends, memory, from } = this;
    const isLittle = ends.length - count < BLOCK_ROWS / 2 || bytes.length - length < BLOCK_BYTES / 2;
    const hasGrown = bytes.buffer !== memory.bytes.buffer;
    if (isLittle || hasGrown) return new PackedRows();
    return new PackedRows(memory, { row: from.row + count, byte: from.byte + length });
  }

  /**
   * Gives up some of its rows, of which nothing is read any more, each row once. When all are given up, other blocks get the
   * memory. That of a block with refused rows is left to the garbage collector: their keys are still read.
   */
  release(rows: number): void {
    this.released += rows;
    if (this.released === this.count && this.refused.size === 0) this.memory.release();
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
