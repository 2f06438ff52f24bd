import { TableError } from '../shared/errors';
import { FRAMING_BYTES, type Message, messageBytes } from '../shared/message';
import { type PerStream, perStream, type Stream } from '../shared/streams';
import { ChunkSize } from './chunk-size';
import { keyedDeadLetter } from './dead-letters';
import { keyOf, PackedRows, type RowSlice } from './packed-rows';
import type { Checkpoint, ChunkBounds, PackedTable } from './ports';
import type { SentChunk } from './send-chunks';
import { NOTHING } from './session';

/**
 * A chunk is full with rows or with bytes. With three partitions the rows of a stream then fit one `send` to each. The
 * first one is small, for a new process encodes slowly: readers and the checkpoint need not wait for so many rows.
 */
export const CHUNK_BOUNDS: ChunkBounds = { rows: 12_000, bytes: 6_000_000, firstRows: 1_200 };

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
  sources: readonly { readonly stream: Stream; readonly rows: PackedTable }[],
  start: Checkpoint,
  limit: number,
  bounds: ChunkBounds,
): AsyncGenerator<SentChunk, ChunksEnd, undefined> {
  const cursors = sources.map(({ stream, rows }) => new KeyCursor(stream, rows));
  let positions = start;
  let draft = new Draft();
  let [postHigh, postLow] = [-1, -1];
  let posts = 0;
  let room: ChunkBounds = { ...bounds, rows: bounds.firstRows ?? bounds.rows };
  for (;;) {
    for (const cursor of cursors) {
      const arrival = cursor.fill();
      if (arrival !== undefined) await arrival;
    }
    const next = smallest(cursors);
    const atBoundary = next === undefined || next.low !== postLow || next.high !== postHigh;
    const end = next === undefined ? 'end-of-tables' : atBoundary && posts === limit ? 'limit' : undefined;
    if (!draft.size.isEmpty && (end !== undefined || draft.size.isFull(room, atBoundary))) {
      positions = draft.positionsAfter(positions);
      yield draft.finish(atBoundary ? positions : undefined);
      draft = new Draft();
      room = bounds;
    }
    if (next === undefined || end !== undefined) return end ?? 'end-of-tables';
    if (atBoundary) {
      postHigh = next.high;
      postLow = next.low;
      posts += 1;
      draft.posts += 1;
    }
    draft.add(next);
    next.advance();
  }
}

/** A table's rows, one at a time, with the key of the foremost one. */
class KeyCursor {
  /** Whether there is a foremost row; false before `fill`, and at the end. */
  isFilled = false;
  /** Its key, as {@link PackedRows} has it. */
  high = 0;
  low = 0;
  rows = EMPTY;
  index = 0;
  private ended = false;

  constructor(
    readonly stream: Stream,
    private readonly blocks: PackedTable,
  ) {}

  /** Finds the foremost row; returns a promise only when that means waiting for the database. */
  fill(): Promise<void> | undefined {
    return this.isFilled || this.ended ? undefined : this.nextBlock();
  }

  advance(): void {
    this.index += 1;
    this.readKey();
  }

  isBefore(other: KeyCursor): boolean {
    return this.high === other.high ? this.low < other.low : this.high < other.high;
  }

  private async nextBlock(): Promise<void> {
    while (!this.isFilled && !this.ended) {
      const { value, done } = await this.blocks.next();
      this.ended = done === true;
      this.rows = value ?? EMPTY;
      this.index = 0;
      this.readKey();
    }
  }

  private readKey(): void {
    const { rows, index, high: lastHigh, low: lastLow } = this;
    this.isFilled = index < rows.count;
    if (!this.isFilled) return;
    this.high = rows.high[index] as number;
    this.low = rows.low[index] as number;
    // The checkpoint would pass over the smaller one.
    if (this.high < lastHigh || (this.high === lastHigh && this.low < lastLow))
      throw new TableError(
        `The database returned rows of table ${this.stream.table} out of order: key ${rows.keyOf(index)} after ${keyOf(lastHigh, lastLow)}.`,
      );
  }
}

const EMPTY = PackedRows.for(0);

function smallest(cursors: readonly KeyCursor[]): KeyCursor | undefined {
  let least: KeyCursor | undefined;
  for (const cursor of cursors)
    if (cursor.isFilled && (least === undefined || cursor.isBefore(least))) least = cursor;
  return least;
}

/** A chunk in the making. */
class Draft {
  readonly size = new ChunkSize();
  posts = 0;
  private readonly slices: PerStream<RowSlice[]> = perStream(() => []);
  private readonly emitted = perStream(() => 0);
  private readonly deadLetters: Message[] = [];
  private readonly last: Partial<PerStream<{ readonly rows: PackedRows; index: number }>> = {};

  add({ stream, rows, index }: KeyCursor): void {
    const { name } = stream;
    const reason = rows.refused.size === 0 ? undefined : rows.refused.get(index);
    if (reason === undefined) {
      const slices = this.slices[name];
      const slice = slices.at(-1);
      if (slice !== undefined && slice.rows === rows && slice.to === index) slice.to += 1;
      else slices.push({ rows, from: index, to: index + 1 });
      this.emitted[name] += 1;
      this.size.add((rows.ends[index] as number) - rows.startOf(index) + FRAMING_BYTES);
    } else {
      const letter = keyedDeadLetter(stream, `${rows.keyOf(index)}`, reason);
      this.deadLetters.push(letter);
      this.size.add(messageBytes(letter));
    }
    const last = this.last[name];
    if (last?.rows === rows) last.index = index;
    else this.last[name] = { rows, index };
  }

  positionsAfter(positions: Checkpoint): Checkpoint {
    return perStream(({ name }) => {
      const last = this.last[name];
      return last === undefined
        ? positions[name]
        : { ...positions[name], nextKey: last.rows.keyOf(last.index) + 1n };
    });
  }

  finish(checkpoint: Checkpoint | undefined): SentChunk {
    const { slices, deadLetters, emitted, posts } = this;
    return {
      batch: { rows: slices, messages: perStream(() => []), deadLetters },
      tally: { ...NOTHING, emitted, deadLettered: deadLetters.length, posts },
      checkpoint,
    };
  }
}
