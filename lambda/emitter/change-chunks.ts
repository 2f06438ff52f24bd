import type { Message } from '../shared/message';
import { type PerStream, perStream, type Stream } from '../shared/streams';
import type { ChangedRow } from './changed-rows';
import { ChunkSize } from './chunk-size';
import type { Checkpoint, ChunkBounds, Position } from './ports';
import type { SentChunk } from './send-chunks';
import { NOTHING } from './session';

/** Some messages about changed keys, in ascending order of the keys, or none: then all keys of before are done. */
export interface ChangesPiece {
  readonly rows: readonly ChangedRow[];
  /** The position once the keys up to this one are done; without a key, once the piece is. */
  readonly after: (position: Position, key?: bigint) => Position;
}

/** The changes of one stream. */
export interface ChangeSource {
  readonly stream: Stream;
  readonly pieces: AsyncIterator<ChangesPiece, undefined>;
}

/** End of the changes: all of them, or as many as the limit allows; and the checkpoint then. */
export interface ChangesEnd {
  readonly isWhole: boolean;
  readonly checkpoint: Checkpoint;
}

/**
 * Puts the changes of all streams in chunks, in ascending order of the key across all of them: what has changed of one
 * post travels together.
 *
 * @param limit the most posts (distinct keys)
 */
export async function* changeChunks(
  sources: readonly ChangeSource[],
  start: Checkpoint,
  limit: number,
  bounds: ChunkBounds,
): AsyncGenerator<SentChunk, ChangesEnd, undefined> {
  const positions = new Positions(start);
  const cursors = sources.map((source) => new ChangeCursor(source, positions));
  let draft = new Draft();
  let post: bigint | undefined;
  let posts = 0;
  for (;;) {
    for (const cursor of cursors) {
      const arrival = cursor.fill();
      if (arrival !== undefined) await arrival;
    }
    const next = foremost(cursors);
    const atBoundary = next?.row.key !== post;
    const isOver = next === undefined || (atBoundary && posts >= limit);
    if (!draft.size.isEmpty && (isOver || draft.size.isFull(bounds, atBoundary))) {
      yield draft.finish(atBoundary ? positions.settled() : undefined);
      draft = new Draft();
    }
    if (next === undefined || isOver) return { isWhole: next === undefined, checkpoint: positions.settled() };
    if (atBoundary) {
      post = next.row.key;
      posts += 1;
      draft.posts += 1;
    }
    draft.add(next);
    next.advance();
  }
}

/** The checkpoint as it will be once the keys that were taken from the sources are done. */
class Positions {
  private readonly pending = new Map<Stream, (position: Position) => Position>();

  constructor(private checkpoint: Checkpoint) {}

  /** Notes that a stream's key is taken; it is done at the next boundary between keys. */
  take(stream: Stream, after: ChangesPiece['after'], key: bigint): void {
    this.pending.set(stream, (position) => after(position, key));
  }

  /** Notes that everything of a stream so far is taken. */
  mark(stream: Stream, after: ChangesPiece['after']): void {
    this.settle(stream);
    this.revise(stream, after);
  }

  /** The checkpoint at a boundary between keys. */
  settled(): Checkpoint {
    for (const stream of this.pending.keys()) this.settle(stream);
    return this.checkpoint;
  }

  private settle(stream: Stream): void {
    const change = this.pending.get(stream);
    this.pending.delete(stream);
    if (change !== undefined) this.revise(stream, change);
  }

  private revise({ name }: Stream, change: (position: Position) => Position): void {
    this.checkpoint = { ...this.checkpoint, [name]: change(this.checkpoint[name]) };
  }
}

/** The changed rows of a stream, one at a time. */
class ChangeCursor {
  readonly stream: Stream;
  /** The foremost row; `undefined` before `fill`, and at the end. */
  row: ChangedRow | undefined;
  /** Whether the foremost row is the first one of its key. */
  isFirstOfKey = true;
  private piece: ChangesPiece | undefined;
  private index = 0;
  private lastKey: bigint | undefined;
  private isEnded = false;

  constructor(
    private readonly source: ChangeSource,
    private readonly positions: Positions,
  ) {
    this.stream = source.stream;
  }

  /** Makes `row` known; returns a promise only when that means waiting. */
  fill(): Promise<void> | undefined {
    return this.row !== undefined || this.isEnded ? undefined : this.nextPiece();
  }

  advance(): void {
    if (this.row === undefined || this.piece === undefined) return;
    const { key } = this.row;
    this.positions.take(this.stream, this.piece.after, key);
    this.index += 1;
    this.row = this.piece.rows[this.index];
    this.lastKey = key;
    this.isFirstOfKey = this.row?.key !== key;
  }

  private async nextPiece(): Promise<void> {
    while (this.row === undefined && !this.isEnded) {
      const { value, done } = await this.source.pieces.next();
      this.isEnded = done === true;
      if (value === undefined) continue;
      this.piece = value;
      this.index = 0;
      this.row = value.rows[0];
      if (this.row === undefined) this.positions.mark(this.stream, value.after);
      else this.isFirstOfKey = this.row.key !== this.lastKey;
    }
  }
}

type Filled = ChangeCursor & { readonly row: ChangedRow };

const foremost = (cursors: readonly ChangeCursor[]): Filled | undefined =>
  cursors.reduce<Filled | undefined>(
    (least, cursor) =>
      isFilled(cursor) && (least === undefined || cursor.row.key < least.row.key) ? cursor : least,
    undefined,
  );

const isFilled = (cursor: ChangeCursor): cursor is Filled => cursor.row !== undefined;

/** A chunk in the making. */
class Draft {
  readonly size = new ChunkSize();
  posts = 0;
  private readonly messages: PerStream<Message[]> = perStream(() => []);
  private readonly deadLetters: Message[] = [];
  private readonly followed = perStream(() => 0);

  add({ stream, row: { message, isDeadLetter, bytes }, isFirstOfKey }: Filled): void {
    (isDeadLetter ? this.deadLetters : this.messages[stream.name]).push(message);
    if (isFirstOfKey) this.followed[stream.name] += 1;
    this.size.add(bytes);
  }

  finish(checkpoint: Checkpoint | undefined): SentChunk {
    const { messages, deadLetters, followed, posts } = this;
    const tally = { ...NOTHING, followed, deadLettered: deadLetters.length, posts };
    return { batch: { messages, deadLetters }, tally, checkpoint };
  }
}
