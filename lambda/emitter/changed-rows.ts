import { type ChangeHeaders, type Message, messageBytes, type ReadingHeaders } from '../shared/message';
import type { Row } from '../shared/rows';
import type { Stream } from '../shared/streams';
import { keyedDeadLetter } from './dead-letters';
import { rowEncoder, UnemittableRowError } from './messages';
import type { TableReader, TableRows } from './ports';

/** A message about a key that has changed: for the stream's topic, or a dead letter. */
export interface ChangedRow {
  readonly key: bigint;
  readonly message: Message;
  readonly isDeadLetter: boolean;
  readonly bytes: number;
}

/** Messages in one piece of what {@link changedRows} yields. */
const PIECE = 500;

/**
 * Reads keys again, and says of each what its table has now: a tombstone where no row is left, the row where there is
 * one, and a tombstone and all of them where there are several. Of a row that cannot be emitted the topic gets nothing,
 * and the dead letters get the reason.
 *
 * @param keys ascending, each once
 * @param headers of all messages
 */
export async function* changedRows(
  reader: TableReader,
  stream: Stream,
  keys: BigUint64Array,
  headers: ReadingHeaders,
): AsyncGenerator<readonly ChangedRow[], undefined, undefined> {
  if (keys.length === 0) return undefined;
  const rows = new RowCursor(await reader.rowsWithKeys(stream, keys));
  const piece = new Piece(stream, headers);
  for (const key of keys) {
    const first = await rows.take(key);
    const second = first === undefined ? undefined : await rows.take(key);
    if (first === undefined) piece.tombstone(key);
    else if (second === undefined) piece.only(key, rows.encode, first);
    else {
      piece.tombstone(key);
      for (let row: Row | undefined = first, next: Row | undefined = second; row !== undefined; ) {
        piece.oneOfSeveral(key, rows.encode, row);
        if (piece.rows.length >= PIECE) yield piece.take();
        row = next;
        next = row === undefined ? undefined : await rows.take(key);
      }
    }
    if (piece.rows.length >= PIECE) yield piece.take();
  }
  if (piece.rows.length > 0) yield piece.take();
  return undefined;
}

/** The rows of some keys, one at a time. */
class RowCursor {
  readonly encode: (row: Row) => Buffer;
  private batch: readonly Row[] = [];
  private index = 0;
  private isEnded = false;

  constructor(private readonly rows: TableRows) {
    this.encode = rowEncoder(rows.columns);
  }

  /** The next row, if it has this key. A row in front of it, whose key nobody asked for, is passed over. */
  async take(key: bigint): Promise<Row | undefined> {
    for (;;) {
      const row = this.batch[this.index];
      if (row === undefined) {
        if (this.isEnded) return undefined;
        const { value, done } = await this.rows.batches.next();
        this.isEnded = done === true;
        this.batch = value ?? [];
        this.index = 0;
        continue;
      }
      const found = BigInt((row[this.rows.keyIndex] as Buffer).toString('latin1'));
      if (found > key) return undefined;
      this.index += 1;
      if (found === key) return row;
    }
  }
}

/** Messages about changed keys in the making. */
class Piece {
  rows: ChangedRow[] = [];

  constructor(
    private readonly stream: Stream,
    private readonly headers: ReadingHeaders,
  ) {}

  tombstone(key: bigint): void {
    this.add(key, { key: `${key}`, value: null, headers: { op: 'd', ...this.headers } });
  }

  only(key: bigint, encode: (row: Row) => Buffer, row: Row): void {
    if (!this.row(key, 'u', encode, row)) this.tombstone(key);
  }

  oneOfSeveral(key: bigint, encode: (row: Row) => Buffer, row: Row): void {
    this.row(key, 'r', encode, row);
  }

  take(): readonly ChangedRow[] {
    const { rows } = this;
    this.rows = [];
    return rows;
  }

  /** @returns whether it could be emitted */
  private row(key: bigint, op: ChangeHeaders['op'], encode: (row: Row) => Buffer, row: Row): boolean {
    try {
      this.add(key, { key: `${key}`, value: encode(row), headers: { op, ...this.headers } });
      return true;
    } catch (error) {
      if (!(error instanceof UnemittableRowError)) throw error;
      const letter = keyedDeadLetter(this.stream, `${key}`, error.message);
      this.add(key, { ...letter, headers: this.headers }, true);
      return false;
    }
  }

  private add(key: bigint, message: Message, isDeadLetter = false): void {
    this.rows.push({ key, message, isDeadLetter, bytes: messageBytes(message) });
  }
}
