import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bucketOf } from './bucket-sums';

/** Number of temporary files: at ten million keys a file holds about 40,000 of them, which fit in memory. */
const GROUPS = 256;

/** Items gathered for a file before they are written. */
const WRITE_AT = 256;

/**
 * Items set aside in temporary files by the bucket of their key, to be read again group by group: all items of a key
 * are in the same group.
 *
 * The files lose their names as soon as they are open, so that nothing remains of them however the process ends.
 */
export class Spill<T> implements Disposable {
  readonly #files: number[];
  readonly #waiting = Array.from({ length: GROUPS }, () => [] as string[]);

  constructor() {
    const directory = mkdtempSync(path.join(tmpdir(), 'verify-'));
    try {
      this.#files = Array.from({ length: GROUPS }, (_, group) =>
        openSync(path.join(directory, String(group)), 'wx+', 0o600),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  /** Sets an item aside. It must survive JSON. */
  add(key: string, item: T): void {
    const group = bucketOf(key) % GROUPS;
    const waiting = this.#waiting[group] as string[];
    if (waiting.push(JSON.stringify(item)) >= WRITE_AT) this.#write(group);
  }

  /** The items, one group after the other. */
  *groups(): Generator<T[]> {
    for (const [group, file] of this.#files.entries()) {
      this.#write(group);
      const written = Buffer.alloc(fstatSync(file).size);
      readSync(file, written, 0, written.length, 0);
      const lines = written.toString().split('\n').slice(0, -1);
      yield lines.map((line) => JSON.parse(line) as T);
    }
  }

  /** Gives the space back. */
  [Symbol.dispose](): void {
    for (const file of this.#files) closeSync(file);
  }

  #write(group: number): void {
    const waiting = this.#waiting[group] as string[];
    if (waiting.length > 0) writeSync(this.#files[group] as number, `${waiting.join('\n')}\n`);
    waiting.length = 0;
  }
}
