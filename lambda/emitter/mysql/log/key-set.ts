import { LARGEST_KEY } from '../../../shared/largest-key';

/** The largest number of keys that are kept of one reading: with twice as many places of 8 bytes, 32 MB. */
export const MOST_KEYS = 2_000_000;

const FIRST_CAPACITY = 1_024;

/**
 * A set of keys of a range. When there are more than `most`, the smallest ones are kept, and the range ends behind them.
 *
 * Keys come and are compared as two halves of 32 bits: a bigint for each would cost more than the rest of reading a row.
 */
export class KeySet {
  private halves: Uint32Array<ArrayBuffer>;
  private length = 0;
  private to: bigint;
  private readonly fromLow: number;
  private readonly fromHigh: number;
  private toLow = 0;
  private toHigh = 0;
  private lastLow = -1;
  private lastHigh = -1;

  constructor(
    from: bigint,
    to: bigint,
    private readonly most = MOST_KEYS,
  ) {
    this.fromLow = lowOf(from);
    this.fromHigh = highOf(from);
    this.to = to;
    this.endAt(to > LARGEST_KEY + 1n ? LARGEST_KEY + 1n : to);
    this.halves = new Uint32Array(2 * Math.min(FIRST_CAPACITY, 2 * most));
  }

  /** Adds a key that is less than 2^64, unless it is outside the range. */
  add(low: number, high: number): void {
    if (high > this.toHigh || (high === this.toHigh && low >= this.toLow)) return;
    if (high < this.fromHigh || (high === this.fromHigh && low < this.fromLow)) return;
    // The rows before and after an update mostly have the same key.
    if (low === this.lastLow && high === this.lastHigh) return;
    if (2 * this.length === this.halves.length) this.makeRoom();
    this.halves[2 * this.length] = low;
    this.halves[2 * this.length + 1] = high;
    this.length += 1;
    this.lastLow = low;
    this.lastHigh = high;
  }

  /** The keys, ascending and each once, and the key up to which these are all. */
  result(): { readonly keys: BigUint64Array; readonly to: bigint } {
    this.compact();
    return { keys: this.view().slice(), to: this.to };
  }

  private makeRoom(): void {
    const capacity = this.length;
    this.compact();
    if (2 * this.length <= capacity) return;
    const grown = new Uint32Array(2 * Math.min(2 * capacity, 2 * this.most));
    grown.set(this.halves.subarray(0, 2 * this.length));
    this.halves = grown;
  }

  /** Sorts the keys, and removes those that are there twice or are too many. */
  private compact(): void {
    // The order of the halves in memory is that of every machine that Node runs on: the lower one first.
    this.view().sort();
    const { halves } = this;
    let kept = 0;
    for (let at = 0; at < 2 * this.length; at += 2) {
      const low = halves[at] as number;
      const high = halves[at + 1] as number;
      if (kept > 0 && low === halves[kept - 2] && high === halves[kept - 1]) continue;
      halves[kept] = low;
      halves[kept + 1] = high;
      kept += 2;
    }
    this.length = Math.min(kept / 2, this.most);
    if (kept / 2 > this.most) {
      this.to = (this.view().at(-1) ?? 0n) + 1n;
      this.endAt(this.to);
    }
  }

  private view(): BigUint64Array {
    return new BigUint64Array(this.halves.buffer, 0, this.length);
  }

  private endAt(to: bigint): void {
    this.toLow = lowOf(to);
    this.toHigh = highOf(to);
  }
}

const lowOf = (key: bigint): number => Number(key & 0xffff_ffffn);
const highOf = (key: bigint): number => Number(key >> 32n);
