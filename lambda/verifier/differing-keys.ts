import { LARGEST_KEY } from '../shared/largest-key';
import type { KeyPage } from './report';

/** The smallest keys that differ, behind a given one: holds twice as many as are asked for. */
export class DifferingKeys {
  #keys: string[] = [];
  #hasMore = false;

  /**
   * @param limit the most keys
   * @param after only keys that are larger. @default all
   */
  constructor(
    private readonly limit: number,
    private readonly after?: string,
  ) {}

  /** Adds a key. One that cannot be read again, because no row can have it, is left out. */
  add(key: string): void {
    if (!isKey(key) || (this.after !== undefined && compareKeys(key, this.after) <= 0)) return;
    if (this.#keys.push(key) >= 2 * this.limit) this.#cut();
  }

  get page(): KeyPage {
    this.#cut();
    return { keys: this.#keys, hasMore: this.#hasMore };
  }

  #cut(): void {
    this.#keys.sort(compareKeys);
    if (this.#keys.length <= this.limit) return;
    this.#keys.length = this.limit;
    this.#hasMore = true;
  }
}

/** Whether a text is a key of the emitter's, in decimal digits. */
export const isKey = (text: string): boolean =>
  /^(0|[1-9]\d{0,18})$/.test(text) && (text.length < 19 || BigInt(text) <= LARGEST_KEY);

/** Compares two keys in decimal digits. */
export function compareKeys(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
