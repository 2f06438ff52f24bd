import { CHUNK_BOUNDS, type Chunk, type ChunkBounds, chunks } from './chunks';
import { FencedError, isRetryable, UnreachableError } from './errors';
import type { EmitRequest } from './event';
import { fingerprintOf, keylessDeadLetters } from './keyless';
import type { Batch, Checkpoint, Position, Progress, TableReader, TopicPublisher } from './ports';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName } from './streams';
import { ABORTED, until } from './until';

/** Why a run ended: nothing is left to read, its limit of posts or its time is used up, or a newer run has taken over. */
export type StopReason = 'caught-up' | 'limit' | 'deadline' | 'fenced';

/** What one run did. */
export interface EmitOutcome {
  /** Rows that are in the topics because of this run. */
  readonly emitted: PerStream<number>;
  /** Rows that went to the dead letter topic instead. */
  readonly deadLettered: number;
  /** How far the tables have been emitted, as far as this run knows. */
  readonly checkpoint: Checkpoint;
  readonly stopped: StopReason;
}

/** What a run works with. */
export interface EmitParts {
  readonly reader: TableReader;
  readonly publisher: TopicPublisher;
  readonly progress: Progress;
  /** Resolves after that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From here on no further chunk is begun, and the run ends. */
  readonly deadline: AbortSignal;
  /** From here on an answer of Kafka is not waited for any more; later than the deadline. */
  readonly cutOff: AbortSignal;
  /** How much goes into one transaction. @default CHUNK_BOUNDS */
  readonly bounds?: ChunkBounds;
}

/** Failures in a row, without a commit in between, after which a run gives up; the next scheduled one goes on. */
export const MOST_FAILURES = 5;

/** The wait after the first failure, in milliseconds; doubled after each further one. */
const FIRST_DELAY_MS = 250;

/**
 * Copies rows from the tables into the topics, from the checkpoint on, chunk by chunk: the rows of a chunk and the
 * checkpoint behind them are one transaction. After a failure, whose outcome is unknown, it goes on from the
 * checkpoint as Kafka then has it, never from memory.
 *
 * @throws EmitterError when it cannot go on; what was committed stays.
 */
export async function emit(request: EmitRequest, parts: EmitParts): Promise<EmitOutcome> {
  const run = new Run(request, parts);
  for (let failures = 0; ; ) {
    const commitsBefore = run.commits;
    try {
      const stopped = await run.fromCheckpoint();
      if (run.commits > 0) await until(parts.cutOff, parts.publisher.settled());
      return run.outcome(stopped);
    } catch (error) {
      await parts.publisher.discard();
      if (error instanceof FencedError) return run.outcome('fenced');
      failures = run.commits > commitsBefore ? 1 : failures + 1;
      if (!isRetryable(error) || failures >= MOST_FAILURES || parts.deadline.aborted) throw error;
      const delayMs = FIRST_DELAY_MS * 2 ** (failures - 1);
      parts.progress.retrying(error as Error, failures, delayMs);
      await until(parts.deadline, parts.sleep(delayMs));
    } finally {
      parts.reader.close();
    }
  }
}

/** The deadline has come while the database was waited for. */
class DeadlineReached extends Error {}

/** What a transaction does when it is committed. */
type Tally = Pick<Chunk, 'emitted' | 'deadLettered' | 'posts'>;

const NOTHING: Tally = { emitted: perStream(() => 0), deadLettered: 0, posts: 0 };

const sum = (a: Tally, b: Tally): Tally => ({
  emitted: perStream(({ name }) => a.emitted[name] + b.emitted[name]),
  deadLettered: a.deadLettered + b.deadLettered,
  posts: a.posts + b.posts,
});

/** A run's state: what is committed, what the open transaction holds, and the commit that has not been answered. */
class Run {
  commits = 0;
  private readonly streams: readonly Stream[];
  private checkpoint: Checkpoint = perStream(() => ({ nextKey: 0n, keyless: '' }));
  private committed: Tally = NOTHING;
  private open: Tally = NOTHING;
  private unanswered: Checkpoint | undefined;
  private isReset: boolean;

  constructor(
    private readonly request: EmitRequest,
    private readonly parts: EmitParts,
  ) {
    this.streams = STREAMS.filter(({ name }) => request.streams.includes(name));
    this.isReset = request.from === undefined;
  }

  outcome(stopped: StopReason): EmitOutcome {
    const { emitted, deadLettered } = this.committed;
    return { emitted, deadLettered, checkpoint: this.checkpoint, stopped };
  }

  /** Emits from the checkpoint that Kafka has, to wherever the run ends. */
  async fromCheckpoint(): Promise<StopReason> {
    this.settle(await this.answerTo(this.parts.publisher.open()));
    await this.resetCheckpoint();
    try {
      for (const stream of this.streams) await this.emitKeylessRows(stream);
      return await this.emitKeyedRows();
    } catch (error) {
      if (!(error instanceof DeadlineReached)) throw error;
      if (this.open !== NOTHING) await this.parts.publisher.discard();
      return 'deadline';
    }
  }

  /** An event's `from` becomes the checkpoint before anything is read, so that going on after a failure goes on from there. */
  private async resetCheckpoint(): Promise<void> {
    const { from } = this.request;
    if (this.isReset || from === undefined) return;
    await this.commit(this.withPositions(this.streams, (position) => ({ ...position, nextKey: from })));
    this.isReset = true;
  }

  /** All of a table's rows without a usable key are one transaction, made only when they are not those of the checkpoint. */
  private async emitKeylessRows(stream: Stream): Promise<void> {
    const { reader, bounds = CHUNK_BOUNDS } = this.parts;
    const found = await this.read(reader.keylessRows(stream).then(fingerprintOf));
    if (found === this.checkpoint[stream.name].keyless) return;
    const pieces = keylessDeadLetters(stream, await this.read(reader.keylessRows(stream)), bounds);
    let piece = await this.read(pieces.next());
    for (; piece.done !== true; piece = await this.read(pieces.next())) {
      const batch = { messages: perStream(() => []), deadLetters: piece.value };
      await this.send(batch, { ...NOTHING, deadLettered: piece.value.length });
    }
    const keyless = piece.value;
    await this.commit(this.withPositions([stream], (position) => ({ ...position, keyless })));
  }

  /** The next chunk is read and encoded while the one before it is being sent. */
  private async emitKeyedRows(): Promise<StopReason> {
    const { reader, bounds = CHUNK_BOUNDS } = this.parts;
    const sources = await this.read(
      Promise.all(
        this.streams.map(async (stream) => ({
          stream,
          rows: await reader.rowsFrom(stream, this.checkpoint[stream.name].nextKey),
        })),
      ),
    );
    const ahead = chunks(sources, this.checkpoint, this.request.limit - this.committed.posts, bounds);
    for (let reading = ahead.next(); ; ) {
      const chunk = await this.read(reading);
      if (chunk.done === true) return chunk.value === 'limit' ? 'limit' : 'caught-up';
      reading = ahead.next();
      reading.catch(() => {});
      await this.send(chunk.value.batch, chunk.value);
      if (chunk.value.checkpoint !== undefined) await this.commit(chunk.value.checkpoint);
    }
  }

  private async send(batch: Batch, tally: Tally): Promise<void> {
    this.open = sum(this.open, tally);
    await this.answerTo(this.parts.publisher.send(batch));
  }

  private async commit(checkpoint: Checkpoint): Promise<void> {
    this.unanswered = checkpoint;
    await this.answerTo(this.parts.publisher.commit(checkpoint));
    this.settle(checkpoint);
  }

  /** The checkpoint that Kafka has tells whether the commit that was not answered took place. */
  private settle(checkpoint: Checkpoint): void {
    if (this.unanswered !== undefined && isSame(checkpoint, this.unanswered)) {
      this.committed = sum(this.committed, this.open);
      this.commits += 1;
      this.parts.progress.committed(this.committed.emitted, checkpoint);
    }
    this.checkpoint = checkpoint;
    this.unanswered = undefined;
    this.open = NOTHING;
  }

  /** @throws DeadlineReached, which leaves what is being read behind. */
  private async read<T>(reading: Promise<T>): Promise<T> {
    const read = await until(this.parts.deadline, reading);
    if (read === ABORTED) throw new DeadlineReached();
    return read;
  }

  private async answerTo<T>(request: Promise<T>): Promise<T> {
    const answer = await until(this.parts.cutOff, request);
    if (answer === ABORTED)
      throw new UnreachableError('Kafka did not answer before the time of this run was over.');
    return answer;
  }

  private withPositions(streams: readonly Stream[], change: (position: Position) => Position): Checkpoint {
    const changed: readonly StreamName[] = streams.map(({ name }) => name);
    return perStream(({ name }) =>
      changed.includes(name) ? change(this.checkpoint[name]) : this.checkpoint[name],
    );
  }
}

const isSame = (a: Checkpoint, b: Checkpoint): boolean =>
  STREAMS.every(({ name }) => a[name].nextKey === b[name].nextKey && a[name].keyless === b[name].keyless);
