import { randomUUID } from 'node:crypto';
import {
  ConfigurationError,
  EmitterError,
  FencedError,
  isRetryable,
  UnreachableError,
} from '../shared/errors';
import { ABORTED, until } from '../shared/race-abort';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName } from '../shared/streams';
import { CHUNK_BOUNDS, type Chunk, type ChunkBounds, chunks } from './chunks';
import type { EmitRequest } from './event';
import { fingerprintOf, keylessDeadLetters } from './keyless';
import type { Batch, Checkpoint, Progress, TableReader, TopicPublisher } from './ports';
import { divide, holdersOf, isBusy, isUnfinished, SMALLEST_SHARE, sharesIn } from './shares';

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
  /** The publisher of a shard; another one's is opened only to finish what that shard has left behind. */
  readonly publisherOf: (shard: number) => TopicPublisher;
  readonly progress: Progress;
  /** Resolves after that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From here on no further chunk is begun, and the run ends. */
  readonly deadline: AbortSignal;
  /** From here on an answer of Kafka is not waited for any more: later than the deadline, or when its reason, an EmitterError, has come up. */
  readonly cutOff: AbortSignal;
  /** How much goes into one transaction. @default CHUNK_BOUNDS */
  readonly bounds?: ChunkBounds;
  /** The fewest keys that are given to a shard. @default SMALLEST_SHARE */
  readonly smallestShare?: bigint;
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
 * With several shards the primary gives ranges of keys to the others before it reads any itself. A range changes hands
 * safely because each has one writer at a time: while it is unfinished its shard, whose transactional id fences every
 * older run of it; once it is finished the primary, whose own id does the same. What the primary gives is committed in
 * one transaction with its own new checkpoint. A shard that does not see its new range yet sees a finished one, which
 * it never writes, and waits for its next run.
 *
 * @throws EmitterError when it cannot go on; what was committed stays.
 */
export async function emit(request: EmitRequest, parts: EmitParts): Promise<EmitOutcome> {
  const run = new Run(request, parts);
  return run.outcome(await toItsEnd(run, parts));
}

async function toItsEnd(run: Run, parts: EmitParts): Promise<StopReason> {
  for (let failures = 0; ; ) {
    const commitsBefore = run.commits;
    try {
      const stopped = await run.fromCheckpoint();
      if (run.commits > 0) await until(parts.cutOff, run.publisher.settled());
      return stopped;
    } catch (error) {
      await run.publisher.discard();
      if (error instanceof FencedError) return 'fenced';
      failures = run.commits > commitsBefore ? 1 : failures + 1;
      const isOver = parts.deadline.aborted || parts.cutOff.aborted;
      if (!isRetryable(error) || failures >= MOST_FAILURES || isOver) throw error;
      const delayMs = FIRST_DELAY_MS * 2 ** (failures - 1);
      parts.progress.retrying(error as Error, failures, delayMs);
      await until(parts.deadline, parts.sleep(delayMs));
    } finally {
      await until(parts.cutOff, parts.reader.close());
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
  private readonly id = randomUUID();
  readonly publisher: TopicPublisher;
  /** The streams that this run reads, and whose positions it writes. */
  private streams: readonly Stream[] = [];
  private checkpoint: Checkpoint = perStream(() => ({ nextKey: 0n, keyless: '' }));
  private open: Tally = NOTHING;
  private unanswered: Partial<Checkpoint> | undefined;
  private isReset: boolean;

  /** @param committed what was committed before, by the same invocation */
  constructor(
    private readonly request: EmitRequest,
    private readonly parts: EmitParts,
    private committed: Tally = NOTHING,
  ) {
    this.publisher = parts.publisherOf(request.shard);
    this.isReset = request.from === undefined;
  }

  outcome(stopped: StopReason): EmitOutcome {
    const { emitted, deadLettered } = this.committed;
    return { emitted, deadLettered, checkpoint: this.checkpoint, stopped };
  }

  /** Emits from the checkpoint that Kafka has, to wherever the run ends. */
  async fromCheckpoint(): Promise<StopReason> {
    this.settle(await this.answerTo(this.publisher.open(this.replaced)));
    this.streams = STREAMS.filter(({ name }) => this.request.streams.includes(name));
    try {
      return await (this.request.shard === 0 ? this.emitAsPrimary() : this.emitRange());
    } catch (error) {
      if (!(error instanceof DeadlineReached)) throw error;
      if (this.open !== NOTHING) await this.publisher.discard();
      return 'deadline';
    }
  }

  private async emitAsPrimary(): Promise<StopReason> {
    await this.resetCheckpoint();
    if (!this.request.dryRun && this.streams.length === STREAMS.length) {
      const stopped = await this.finishOrphans();
      if (stopped !== undefined) return stopped;
      await this.shareOut();
    }
    for (const stream of this.streams) await this.emitKeylessRows(stream);
    return await this.emitKeyedRows();
  }

  /**
   * A finished position may be an old one that its new range is about to replace, so a shard writes only while it has
   * something unfinished: from its last row on the range is the primary's, who may have given another one already.
   */
  private async emitRange(): Promise<StopReason> {
    this.streams = this.streams.filter(({ name }) => isUnfinished(this.checkpoint[name]));
    if (this.streams.length === 0) return 'caught-up';
    const stopped = await this.emitKeyedRows();
    if (stopped === 'caught-up' && this.streams.some(({ name }) => isUnfinished(this.checkpoint[name]))) {
      await this.commit(
        perStream(({ name }) => {
          const position = this.checkpoint[name];
          return { ...position, nextKey: position.endKey ?? position.nextKey };
        }),
      );
    }
    return stopped;
  }

  /** Ranges of shards that are no longer configured are emitted one after the other, as each of these shards would have. */
  private async finishOrphans(): Promise<StopReason | undefined> {
    for (let shard = this.request.shards; shard < holdersOf(this.checkpoint); shard++) {
      if (!isBusy(await this.answerTo(this.publisher.rangeOf(shard)))) continue;
      const orphan = new Run({ ...this.request, shard, from: undefined }, this.parts, this.committed);
      try {
        const stopped = await toItsEnd(orphan, this.parts);
        if (stopped === 'limit' || stopped === 'deadline') return stopped;
      } finally {
        this.committed = orphan.committed;
        await orphan.publisher.discard();
      }
    }
    return undefined;
  }

  /** Gives ranges to the shards that have finished theirs, where the backlog is worth it. */
  private async shareOut(): Promise<void> {
    const { shards } = this.request;
    const { reader, smallestShare = SMALLEST_SHARE } = this.parts;
    const holders = holdersOf(this.checkpoint);
    const ends = shards > 1 ? await this.read(endsOf(reader)) : perStream(() => 0n);
    const isWorthIt = sharesIn(this.checkpoint, ends, smallestShare) > 1;
    const busy = await this.busyShards(isWorthIt ? Math.max(shards, holders) : holders);
    const free = Array.from({ length: shards }, (_, shard) => shard).filter(
      (shard) => shard > 0 && !busy.includes(shard),
    );
    const { kept, given } = divide(this.checkpoint, ends, free, smallestShare);
    const holding = 1 + Math.max(0, ...busy, ...given.keys());
    if (given.size === 0 && holding === holders) return;
    await this.commit(
      perStream(({ name }) => ({ ...kept[name], shards: holding })),
      given,
    );
  }

  /** Those of the first shards that have not finished what they were given. */
  private async busyShards(shards: number): Promise<number[]> {
    const busy: number[] = [];
    for (let shard = 1; shard < shards; shard++) {
      if (isBusy(await this.answerTo(this.publisher.rangeOf(shard, this.replaced)))) busy.push(shard);
    }
    return busy;
  }

  /** The streams whose positions are still to be written anew. */
  private get replaced(): readonly StreamName[] {
    const { from } = this.request;
    return this.isReset || from === undefined
      ? []
      : STREAMS.map(({ name }) => name).filter((name) => from[name] !== undefined);
  }

  /** An event's `from` becomes the checkpoint before anything is read, so that going on after a failure goes on from there. */
  private async resetCheckpoint(): Promise<void> {
    const { from } = this.request;
    if (this.isReset || from === undefined) return;
    const shards = Math.max(this.request.shards, holdersOf(this.checkpoint));
    const busy = await this.busyShards(shards);
    if (busy.length > 0) {
      throw new ConfigurationError(
        `The event is refused, nothing was emitted. from is ${[...new Set(Object.values(from))].join(', ')}: not allowed before shards have emitted the ranges that they were given (${busy.join(', ')}); let them catch up first.`,
      );
    }
    const reset = perStream(({ name }) => ({
      ...this.checkpoint[name],
      nextKey: from[name] ?? this.checkpoint[name].nextKey,
    }));
    // Whoever wrote to the groups of shards, they have nothing to emit from here on.
    const finished = Object.fromEntries(
      this.replaced.map((name) => [
        name,
        { nextKey: reset[name].nextKey, endKey: reset[name].nextKey, keyless: '' },
      ]),
    );
    await this.commit(
      reset,
      new Map(Array.from({ length: shards - 1 }, (_, index) => [index + 1, finished])),
    );
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
    await this.commit({ ...this.checkpoint, [stream.name]: { ...this.checkpoint[stream.name], keyless } });
  }

  /** The next chunk is read and encoded while the one before it is being sent. */
  private async emitKeyedRows(): Promise<StopReason> {
    const { reader, bounds = CHUNK_BOUNDS } = this.parts;
    const sources = await this.read(
      Promise.all(
        this.streams.map(async (stream) => {
          const { nextKey, endKey } = this.checkpoint[stream.name];
          return { stream, rows: await reader.rowsFrom(stream, nextKey, endKey) };
        }),
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
    await this.answerTo(this.publisher.send(batch));
  }

  private async commit(
    checkpoint: Checkpoint,
    given?: ReadonlyMap<number, Partial<Checkpoint>>,
  ): Promise<void> {
    const written: Partial<Checkpoint> = Object.fromEntries(
      this.streams.map(({ name }) => [name, { ...checkpoint[name], run: this.id }]),
    );
    this.unanswered = written;
    await this.answerTo(this.publisher.commit(written, given));
    this.settle({ ...this.checkpoint, ...written });
  }

  /** The checkpoint that Kafka has tells whether the commit that was not answered took place; a newer run may have made the same one. */
  private settle(checkpoint: Checkpoint): void {
    if (this.unanswered !== undefined && includes(checkpoint, this.unanswered)) {
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
    if (answer === ABORTED) {
      const { reason } = this.parts.cutOff;
      throw reason instanceof EmitterError
        ? reason
        : new UnreachableError('Kafka did not answer before the time of this run was over.');
    }
    return answer;
  }
}

const includes = (checkpoint: Checkpoint, written: Partial<Checkpoint>): boolean =>
  STREAMS.every(({ name }) => {
    const { nextKey, keyless, run } = written[name] ?? checkpoint[name];
    const found = checkpoint[name];
    return nextKey === found.nextKey && keyless === found.keyless && run === found.run;
  });

/** The key behind the last one of each table. */
async function endsOf(reader: TableReader): Promise<PerStream<bigint>> {
  const ends = await Promise.all(STREAMS.map(async (stream) => ((await reader.lastKey(stream)) ?? -1n) + 1n));
  return perStream((stream) => ends[STREAMS.indexOf(stream)] ?? 0n);
}
