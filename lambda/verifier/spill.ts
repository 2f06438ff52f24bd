import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bucketOf } from './bucket-sums';

/** Items of a group that are written together: of all groups no more wait in memory than some 30 MB. */
const BLOCK_ITEMS = 64;

/** Items set aside together, whose keys are no other group's. */
interface Group {
  /** Items that are not written yet, as JSON. */
  readonly waiting: string[];
  /** Positions in the file, and lengths, of what is written. */
  readonly blocks: { readonly at: number; readonly bytes: number }[];
}

/**
 * Items set aside in a temporary file by the bucket of their key, to be read again group by group: all items of a key
 * are in the same group, in the order in which they were added.
 *
 * There are as many groups as buckets, so that of a hundred million items a group has some 25,000. The file loses its
 * name as soon as it is open, so that nothing remains of it however the process ends.
 */
export class Spill<T> implements Disposable {
  readonly #file: number;
  readonly #groups = new Map<number, Group>();
  #end = 0;

  constructor() {
    const directory = mkdtempSync(path.join(tmpdir(), 'verify-'));
    try {
      this.#file = openSync(path.join(directory, 'items'), 'wx+', 0o600);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** Sets an item aside. It must survive JSON. */
  add(key: string, item: T): void {
    const bucket = bucketOf(key);
    let group = this.#groups.get(bucket);
    if (group === undefined) {
      group = { waiting: [], blocks: [] };
      this.#groups.set(bucket, group);
    }
    if (group.waiting.push(JSON.stringify(item)) >= BLOCK_ITEMS) this.#write(group);
  }

  /** The items, one group after the other. */
  *groups(): Generator<Iterable<T>> {
    const buckets = [...this.#groups.keys()].sort((a, b) => a - b);
    for (const bucket of buckets) yield this.#items(this.#groups.get(bucket) as Group);
  }

  /** Gives the space back. */
  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  *#items({ waiting, blocks }: Group): Generator<T> {
    for (const { at, bytes } of blocks) {
      const block = Buffer.allocUnsafe(bytes);
      readSync(this.#file, block, 0, bytes, at);
      yield* JSON.parse(`[${block.toString()}]`) as T[];
    }
    for (const item of waiting) yield JSON.parse(item) as T;
  }

  #write({ waiting, blocks }: Group): void {
    const bytes = writeSync(this.#file, waiting.join(), this.#end);
    blocks.push({ at: this.#end, bytes });
    this.#end += bytes;
    waiting.length = 0;
  }
}
