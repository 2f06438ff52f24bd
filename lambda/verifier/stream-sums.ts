import { BucketSums, bucketOf } from './bucket-sums';
import { compareKeys, isKey } from './differing-keys';
import type { FoldedSides } from './key-sides';
import { UnkeyedRows } from './unkeyed-rows';

/** Both sides of a stream, reduced to what does not grow with it. */
export class StreamSums {
  readonly unkeyed = new UnkeyedRows();
  /** Number of records. */
  records = 0;
  /** The largest key among the records and dead letters. */
  lastKey: string | null = null;
  readonly #table = new BucketSums();
  readonly #topic = new BucketSums();
  readonly #withDeadLetters = new Set<number>();
  /** Buckets with changes: their sums are those of the folded topic only once their keys have been compared. */
  readonly #withChanges = new Set<number>();

  /** Adds a row. @param key `null` for a row without a usable one */
  addRow(key: string | null, fingerprint: string): void {
    if (key === null) this.unkeyed.addRow(fingerprint);
    else this.#table.add(key, fingerprint);
  }

  /** Adds a record. @param fingerprint `null` for a tombstone */
  addRecord(key: string, fingerprint: string | null, isChange: boolean): void {
    this.records += 1;
    if (fingerprint !== null) this.#topic.add(key, fingerprint);
    if (isChange) this.#withChanges.add(bucketOf(key));
    this.#passKey(key);
  }

  /** Adds a dead letter. @param key `null` for one about a row without a usable key */
  addDeadLetter(key: string | null, fingerprint: string): void {
    if (key === null) {
      this.unkeyed.addDeadLetter(fingerprint);
      return;
    }
    this.#withDeadLetters.add(bucketOf(key));
    this.#passKey(key);
  }

  /** Number of rows. */
  get rows(): number {
    return this.#table.count + this.unkeyed.rows;
  }

  /** Finds the buckets whose keys must be compared, and takes back the sums of those with changes. */
  bucketsToCompare(): ReadonlySet<number> {
    const buckets = new Set([
      ...this.#table.differingFrom(this.#topic),
      ...this.#withDeadLetters,
      ...this.#withChanges,
    ]);
    for (const bucket of this.#withChanges) {
      this.#table.clear(bucket);
      this.#topic.clear(bucket);
    }
    return buckets;
  }

  /** Adds a key whose records are folded, if its bucket has changes. */
  addCompared(key: string, { rows, records }: FoldedSides): void {
    if (!this.#withChanges.has(bucketOf(key))) return;
    for (const row of rows) this.#table.add(key, row);
    for (const { fingerprint } of records) this.#topic.add(key, fingerprint);
  }

  /** Takes away a row that should not be a record. */
  removeRow(key: string, fingerprint: string): void {
    this.#table.remove(key, fingerprint);
  }

  /** The sums of all fingerprints. */
  get digest(): { readonly table: string; readonly topic: string } {
    return { table: this.#table.digest, topic: this.#topic.digest };
  }

  /** Whatever else may stand in a topic is no key of the emitter's. */
  #passKey(key: string): void {
    if (this.lastKey !== null && compareKeys(key, this.lastKey) <= 0) return;
    if (isKey(key)) this.lastKey = key;
  }
}
