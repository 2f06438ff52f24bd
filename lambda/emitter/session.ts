import { randomUUID } from 'node:crypto';
import { PipelineError, UnreachableError } from '../shared/errors';
import { ABORTED, raceAbort } from '../shared/race-abort';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName } from '../shared/streams';
import { type Following, NOT_FOLLOWED } from './following';
import type { Batch, Checkpoint, Position, Progress, TopicPublisher, TransactionBounds } from './ports';
import { isSamePosition } from './steps';

/** Reasons for the end of a run: nothing is left to read, its limit of posts or its time is used up, or a newer run took over. */
export type StopReason = 'caught-up' | 'limit' | 'deadline' | 'fenced';

/** A transaction costs several round trips; readers wait for its end. */
export const TRANSACTION_BOUNDS: TransactionBounds = { chunks: 32, milliseconds: 1_000 };

/** Counts of a transaction, which apply once it is committed. */
export interface Tally {
  /** Rows that were copied. */
  readonly emitted: PerStream<number>;
  /** Keys that had changed and were read again. */
  readonly followed: PerStream<number>;
  /** Rows that went to the dead letters instead. */
  readonly deadLettered: number;
  /** Distinct keys across all streams. */
  readonly posts: number;
}

/** The tally of a transaction with nothing in it. */
export const NOTHING: Tally = {
  emitted: perStream(() => 0),
  followed: perStream(() => 0),
  deadLettered: 0,
  posts: 0,
};

/** Everything that one invocation has committed, in whatever sessions. */
export class RunTally implements Tally {
  emitted: PerStream<number> = NOTHING.emitted;
  followed: PerStream<number> = NOTHING.followed;
  deadLettered = 0;
  posts = 0;
  /** How far behind the log the run began: the age of its first transaction in seconds, and bytes. */
  behind = { seconds: 0, bytes: 0 };
  /** Whether some of the log was left to the next run. */
  isLogLeft = false;

  /** Notes how much of the log was read, and whether the rest was left. */
  sawLog({ seconds, bytes }: RunTally['behind'], isLeft: boolean): void {
    this.behind = {
      seconds: Math.max(this.behind.seconds, seconds),
      bytes: this.behind.bytes + bytes,
    };
    this.isLogLeft ||= isLeft;
  }

  add(tally: Tally): void {
    this.emitted = perStream(({ name }) => this.emitted[name] + tally.emitted[name]);
    this.followed = perStream(({ name }) => this.followed[name] + tally.followed[name]);
    this.deadLettered += tally.deadLettered;
    this.posts += tally.posts;
  }
}

/** Dependencies of a {@link Session}. */
export interface SessionProps {
  readonly publisher: TopicPublisher;
  readonly progress: Progress;
  /** From here on Kafka's answers are not waited for; its reason may be a PipelineError. */
  readonly cutOff: AbortSignal;
  readonly tally: RunTally;
  /** @default TRANSACTION_BOUNDS */
  readonly transaction?: TransactionBounds;
}

/**
 * The transactions of one shard in one run: the checkpoint, what the open transaction holds, and the commit in doubt,
 * whose answer did not come. After a failure `open` reconciles all of it with what Kafka has.
 */
export class Session {
  /** Commits that are known to have taken place. */
  commits = 0;
  checkpoint: Checkpoint = perStream(() => ({ nextKey: 0n, unkeyed: '' }));
  /** Up to where the changes of the streams are followed in this attempt. */
  following: PerStream<Following> = perStream((): Following => NOT_FOLLOWED);
  private committed = this.checkpoint;
  private readonly runId = randomUUID();
  private commitsAsked = 0;
  private openTally = new RunTally();
  private isTransactionOpen = false;
  private inDoubtCommit: Partial<Checkpoint> | undefined;
  /** The checkpoint behind what the open transaction holds, until it is committed. */
  private sent: Checkpoint | undefined;
  private sentChunks = 0;
  private committedAt: number | undefined;

  /** @param streams the streams whose positions are written; a shard narrows them to those that it may write */
  constructor(
    private readonly props: SessionProps,
    public streams: readonly Stream[],
  ) {}

  /** Counts of everything that the invocation has committed so far. */
  get tally(): RunTally {
    return this.props.tally;
  }

  /**
   * Fences older runs, and takes the checkpoint from Kafka.
   *
   * @param replaced the streams whose positions are about to be replaced, whoever wrote them
   */
  async open(replaced: readonly StreamName[] = []): Promise<void> {
    this.reconcile(await this.answerTo(this.props.publisher.open(replaced)));
  }

  /** Sends within the open transaction. */
  async send(batch: Batch, tally: Tally): Promise<void> {
    this.isTransactionOpen = true;
    this.openTally.add(tally);
    await this.answerTo(this.props.publisher.send(batch));
  }

  /**
   * Commits what was sent together with the positions of the session's streams.
   *
   * @param assigned ranges for other shards, by their number, in the same transaction
   */
  async commit(checkpoint: Checkpoint, assigned?: ReadonlyMap<number, Partial<Checkpoint>>): Promise<void> {
    this.commitsAsked += 1;
    const run = `${this.runId}.${this.commitsAsked}`;
    const written: Partial<Checkpoint> = Object.fromEntries(
      this.streams.map(({ name }) => [name, { ...checkpoint[name], run }]),
    );
    this.inDoubtCommit = written;
    await this.answerTo(this.props.publisher.commit(written, assigned));
    this.reconcile({ ...this.checkpoint, ...written });
  }

  /**
   * Commits what was sent if its transaction is large or old enough, and keeps it for the next commit otherwise.
   *
   * @param checkpoint the one behind all that was sent
   */
  async commitWhenDue(checkpoint: Checkpoint): Promise<void> {
    const { chunks } = this.props.transaction ?? TRANSACTION_BOUNDS;
    this.sent = checkpoint;
    this.sentChunks += 1;
    if (this.sentChunks >= chunks || this.dueInMs === 0) await this.commitSent();
  }

  /** Commits what was sent and is still to be committed, if anything. */
  async commitSent(): Promise<void> {
    if (this.sent !== undefined) await this.commit(this.sent);
  }

  /**
   * Milliseconds until what was sent is to be committed, for the first commit of a run none; `undefined` when there is
   * nothing to commit.
   */
  get dueInMs(): number | undefined {
    const { milliseconds } = this.props.transaction ?? TRANSACTION_BOUNDS;
    if (this.sent === undefined) return undefined;
    return this.committedAt === undefined
      ? 0
      : Math.max(0, this.committedAt + milliseconds - performance.now());
  }

  /** Changes a position of the checkpoint; the next commit writes it. */
  revise(name: StreamName, position: Position): void {
    this.checkpoint = { ...this.checkpoint, [name]: position };
  }

  /** Commits a checkpoint, unless it says what Kafka has already. */
  async commitIfNew(checkpoint: Checkpoint): Promise<void> {
    const isNew = ({ name }: Stream) => !isSamePosition(checkpoint[name], this.committed[name]);
    if (this.isTransactionOpen || this.streams.some(isNew)) await this.commit(checkpoint);
  }

  /** The range of another shard, as it is committed at this moment. */
  async rangeOf(shard: number, replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    return await this.answerTo(this.props.publisher.rangeOf(shard, replaced));
  }

  /** Waits until every consumer can see what was committed. */
  async awaitCommitVisible(): Promise<void> {
    if (this.commits > 0) await raceAbort(this.props.cutOff, this.props.publisher.awaitCommitVisible());
  }

  /** Gives up what was sent and not committed. */
  async abandonTransaction(): Promise<void> {
    if (this.isTransactionOpen) await this.discard();
  }

  /** Gives up what was not committed, and the connection. */
  async discard(): Promise<void> {
    await this.props.publisher.discard();
  }

  /** The checkpoint that Kafka has tells whether the commit in doubt took place. */
  private reconcile(checkpoint: Checkpoint): void {
    if (this.inDoubtCommit !== undefined && includes(checkpoint, this.inDoubtCommit)) {
      this.tally.add(this.openTally);
      this.commits += 1;
      this.committedAt = performance.now();
      this.props.progress.committed(this.tally.emitted, checkpoint);
    }
    this.checkpoint = checkpoint;
    this.committed = checkpoint;
    this.inDoubtCommit = undefined;
    this.sent = undefined;
    this.sentChunks = 0;
    this.isTransactionOpen = false;
    this.openTally = new RunTally();
  }

  private async answerTo<T>(request: Promise<T>): Promise<T> {
    const answer = await raceAbort(this.props.cutOff, request);
    if (answer === ABORTED) {
      const { reason } = this.props.cutOff;
      throw reason instanceof PipelineError
        ? reason
        : new UnreachableError('Kafka did not answer before this run was out of time.');
    }
    return answer;
  }
}

/** No two commits have the same name. */
const includes = (checkpoint: Checkpoint, written: Partial<Checkpoint>): boolean =>
  STREAMS.every(({ name }) => written[name] === undefined || written[name].run === checkpoint[name].run);
