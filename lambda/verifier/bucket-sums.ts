import { crc32 } from 'node:zlib';

/** Number of buckets for the keys: enough that one differing row sends few others to the second pass. */
export const BUCKETS = 4_096;

/** The bucket of a key. */
export const bucketOf = (key: string): number => crc32(key) % BUCKETS;

const DIGEST_BITS = 128;

/**
 * A multiset of rows or records, reduced to a count and a sum of fingerprints for each bucket of keys.
 *
 * The sum does not depend on the order; of two different multisets it is the same with a probability of 2^-128. Takes
 * the same memory for any number of rows.
 */
export class BucketSums {
  readonly #counts = new Float64Array(BUCKETS);
  readonly #sums = new Array<bigint>(BUCKETS).fill(0n);

  /** Adds a row or a record. @param fingerprint 32 hexadecimal digits */
  add(key: string, fingerprint: string): void {
    const bucket = bucketOf(key);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sums[bucket] = (this.#sums[bucket] as bigint) + BigInt(`0x${fingerprint}`);
  }

  /** Takes away a row that was added. */
  remove(key: string, fingerprint: string): void {
    const bucket = bucketOf(key);
    this.#counts[bucket] = (this.#counts[bucket] as number) - 1;
    this.#sums[bucket] = (this.#sums[bucket] as bigint) - BigInt(`0x${fingerprint}`);
  }

  /** Takes away everything of a bucket. */
  clear(bucket: number): void {
    this.#counts[bucket] = 0;
    this.#sums[bucket] = 0n;
  }

  /** Number of added fingerprints. */
  get count(): number {
    return this.#counts.reduce((total, count) => total + count, 0);
  }

  /** The sum of all fingerprints mod 2^128, 32 hexadecimal digits. */
  get digest(): string {
    const total = this.#sums.reduce((sum, bucket) => sum + bucket, 0n);
    return BigInt.asUintN(DIGEST_BITS, total)
      .toString(16)
      .padStart(DIGEST_BITS / 4, '0');
  }

  /** The buckets in which the two multisets differ. */
  differingFrom(other: BucketSums): Set<number> {
    const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
    return new Set(
      buckets.filter((b) => this.#counts[b] !== other.#counts[b] || this.#sums[b] !== other.#sums[b]),
    );
  }
}
