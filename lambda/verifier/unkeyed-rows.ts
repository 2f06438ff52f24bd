/**
 * Rows without a key that can be emitted, and the dead letters about them.
 *
 * No key tells which letter is about which row. Equal rows have equal letters, and a letter may be written more than
 * once: so all rows are accounted for when there are at least as many different letters as different rows. Memory grows
 * with the number of different rows without a usable key only.
 */
export class UnkeyedRows {
  /** Number of rows. */
  rows = 0;
  readonly #rows = new Set<string>();
  readonly #deadLetters = new Set<string>();

  addRow(fingerprint: string): void {
    this.rows += 1;
    this.#rows.add(fingerprint);
  }

  addDeadLetter(fingerprint: string): void {
    this.#deadLetters.add(fingerprint);
  }

  /** Number of different rows without a letter. */
  get missing(): number {
    return Math.max(0, this.#rows.size - this.#deadLetters.size);
  }

  /** Number of rows that have a letter. */
  get deadLettered(): number {
    return this.rows - this.missing;
  }
}
