import { TableError } from '../shared/errors';
import { type Message, messageBytes } from '../shared/message';
import type { Row } from '../shared/rows';
import { type PerStream, perStream, type Stream } from '../shared/streams';
import { keyedDeadLetter } from './dead-letters';
import { rowEncoder, UnemittableRowError } from './messages';
import type { Checkpoint, ChunkBounds, TableRows } from './ports';
import type { SentChunk } from './send-chunks';
import { NOTHING } from './session';

/** A chunk is full with either. With three partitions the rows of a stream then fit one `send` to each. */
export const CHUNK_BOUNDS: ChunkBounds = { rows: 8_000, bytes: 4_000_000 };

/** Reasons for the end of the chunks: every table was read to its end, or the limit was reached before. */
export type ChunksEnd = 'end-of-tables' | 'limit';

/**
 * Cuts the rows of the tables into chunks, in ascending order of the key across all of them: rows of one key, in
 * whatever tables, are never separated by a checkpoint.
 *
 * @param sources the rows of each table that takes part, from its position on
 * @param start the positions of all tables; those of tables that take no part are handed through
 * @param limit the most posts (distinct keys) to read
 * @throws TableError where the rows of a table are not in the order of their keys.
 */
export async function* chunks(
  sources: readonly { readonly stream: Stream; readonly rows: TableRows }[],
  start: Checkpoint,
  limit: number,
  bounds: ChunkBounds,
): AsyncGenerator<SentChunk, ChunksEnd, undefined> {
  const cursors = sources.map(({ stream, rows }) => new KeyCursor(stream, rows));
  let positions = start;
  let draft = new Draft();
  let post: bigint | undefined;
  let posts = 0;
  for (;;) {
    for (const cursor of cursors) {
      const arrival = cursor.fill();
      if (arrival !== undefined) await arrival;
    }
    const next = smallest(cursors);
    const atBoundary = next?.key !== post;
    const end = next === undefined ? 'end-of-tables' : atBoundary && posts === limit ? 'limit' : undefined;
    if (!draft.isEmpty && (end !== undefined || draft.isFull(bounds, atBoundary))) {
      positions = draft.positionsAfter(positions);
      yield draft.finish(atBoundary ? positions : undefined);
      draft = new Draft();
    }
    if (next === undefined || end !== undefined) return end ?? 'end-of-tables';
    if (atBoundary) {
      post = next.key;
      posts += 1;
      draft.posts += 1;
    }
    draft.add(next);
    next.advance();
  }
}

/** A table's rows, one at a time, with the key of the foremost one. */
class KeyCursor {
  /** The foremost row's key; `undefined` before `fill`, and at the end. */
  key: bigint | undefined;
  readonly encode: (row: Row) => Buffer;
  private batch: readonly Row[] = [];
  private index = 0;
  private lastKey = 0n;
  private ended = false;

  constructor(
    readonly stream: Stream,
    private readonly rows: TableRows,
  ) {
    this.encode = rowEncoder(rows.columns);
  }

  get row(): Row {
    return this.batch[this.index] as Row;
  }

  /** Makes `key` known; returns a promise only when that means waiting for the database. */
  fill(): Promise<void> | undefined {
    return this.key !== undefined || this.ended ? undefined : this.nextBatch();
  }

  advance(): void {
    this.index += 1;
    this.readKey();
  }

  private async nextBatch(): Promise<void> {
    while (this.key === undefined && !this.ended) {
      const { value, done } = await this.rows.batches.next();
      this.ended = done === true;
      this.batch = value ?? [];
      this.index = 0;
      this.readKey();
    }
  }

  private readKey(): void {
    const digits = this.batch[this.index]?.[this.rows.keyIndex];
    this.key = digits ? BigInt(digits.toString('latin1')) : undefined;
    if (this.key === undefined) return;
    // The checkpoint would pass over the smaller one.
    if (this.key < this.lastKey)
      throw new TableError(
        `The database gave rows of table ${this.stream.table} out of order: key ${this.key} after ${this.lastKey}.`,
      );
    this.lastKey = this.key;
  }
}

const smallest = (cursors: readonly KeyCursor[]): (KeyCursor & { key: bigint }) | undefined =>
  cursors.reduce<(KeyCursor & { key: bigint }) | undefined>(
    (least, cursor) => (hasKey(cursor) && (least === undefined || cursor.key < least.key) ? cursor : least),
    undefined,
  );

const hasKey = (cursor: KeyCursor): cursor is KeyCursor & { key: bigint } => cursor.key !== undefined;

/** A chunk in the making. */
class Draft {
  posts = 0;
  private readonly messages: PerStream<Message[]> = perStream(() => []);
  private readonly deadLetters: Message[] = [];
  private readonly lastKeys: Partial<PerStream<bigint>> = {};
  private rows = 0;
  private bytes = 0;

  get isEmpty(): boolean {
    return this.rows === 0;
  }

  /** Between two keys a chunk ends when it is full; between rows of one key only when it is twice as full. */
  isFull(bounds: ChunkBounds, atBoundary: boolean): boolean {
    const share = Math.max(this.rows / bounds.rows, this.bytes / bounds.bytes);
    return share >= (atBoundary ? 1 : 2);
  }

  add({ stream, row, encode, key }: KeyCursor & { key: bigint }): void {
    const digits = key.toString();
    let message: Message;
    try {
      message = { key: digits, value: encode(row) };
      this.messages[stream.name].push(message);
    } catch (error) {
      if (!(error instanceof UnemittableRowError)) throw error;
      message = keyedDeadLetter(stream, digits, error.message);
      this.deadLetters.push(message);
    }
    this.lastKeys[stream.name] = key;
    this.rows += 1;
    this.bytes += messageBytes(message);
  }

  positionsAfter(positions: Checkpoint): Checkpoint {
    return perStream(({ name }) => {
      const lastKey = this.lastKeys[name];
      return lastKey === undefined ? positions[name] : { ...positions[name], nextKey: lastKey + 1n };
    });
  }

  finish(checkpoint: Checkpoint | undefined): SentChunk {
    return {
      batch: { messages: this.messages, deadLetters: this.deadLetters },
      tally: {
        ...NOTHING,
        emitted: perStream(({ name }) => this.messages[name].length),
        deadLettered: this.deadLetters.length,
        posts: this.posts,
      },
      checkpoint,
    };
  }
}
