import type { Message } from '../shared/message';
import type { Column, Row } from '../shared/rows';
import type { PerStream, Stream, StreamName } from '../shared/streams';
import type { PackedRows, RowSlice } from './packed-rows';

/** Position up to which one table is emitted. */
export interface Position {
  /** The next key to read: every row with a smaller key is in the topic or among the dead letters. 0 at first. */
  readonly nextKey: bigint;
  /**
   * Fingerprint of the rows without a usable key that are among the dead letters; opaque, empty for none.
   * They have no place in the order of keys, so they are either all done or, when one of them changes, all done again.
   */
  readonly unkeyed: string;
  /** End of a shard's range, exclusive. Absent for a shard without one, and for the primary, whose range has no end. */
  readonly endKey?: bigint | undefined;
  /** Number of shards that may have ranges to emit, the primary among them; only the primary keeps it. @default 1 */
  readonly shards?: number | undefined;
  /** Name of the run that committed it; opaque. Absent where nothing was ever committed. */
  readonly run?: string | undefined;
  /** Beginning of a shard's range, inclusive. Absent for the primary, whose range begins with key 0. */
  readonly startKey?: bigint | undefined;
  /** As of when the records of the keys below `nextKey` are, in ascending order of the keys. Absent where changes are not followed. */
  readonly steps?: readonly Step[] | undefined;
  /** Identity of the log that the steps are positions of; opaque, without spaces. */
  readonly origin?: string | undefined;
  /** Changes that were lost, until a reconciliation has made up for them. */
  readonly loss?: Loss | undefined;
}

/** Part of a range of keys: from the end of the step before it, or the beginning of the range, to its own end. */
export interface Step {
  /** The key behind the last one. */
  readonly end: bigint;
  /** Position in the log of changes: the records of these keys are the rows as of it. Absent while a shard emits them. */
  readonly gtid?: string | undefined;
  /** Number of the shard that emits these keys. */
  readonly shard?: number | undefined;
}

/** Changes of a table that the log did not show, or does not show any more. */
export interface Loss {
  /** Name of this loss, by which a reconciliation says that it has made up for it; without spaces. */
  readonly id: string;
  readonly reason: string;
}

/** Positions of all tables; committed together with the rows that they are about. */
export type Checkpoint = PerStream<Position>;

/** The rows that one query yields, in batches of whatever has arrived; bounded in bytes, so that a pause in reading them holds back the database and not the memory. */
export interface TableRows {
  readonly columns: readonly Column[];
  /** Index of the key column in a row. */
  readonly keyIndex: number;
  readonly batches: AsyncIterator<readonly Row[], undefined>;
}

/** The rows that one query yields, encoded; in blocks of whatever has arrived, bounded as {@link TableRows}. */
export type PackedTable = AsyncIterator<PackedRows, undefined>;

/**
 * Where the snapshot of a table stands in the log of changes; or why the changes of this table cannot be followed: the
 * `log` cannot be read, or is not kept as it must be, or changes of the `table` do not show in it.
 */
export type SnapshotPosition =
  | { readonly gtid: string }
  | { readonly refused: 'log' | 'table'; readonly reason: string };

/**
 * Reads the tables, each as it is at the moment at which it is first asked for after `close`. A result that ends before
 * its last row throws: the end of `batches` is the end of the rows. Every method throws a PipelineError.
 */
export interface TableReader {
  /** All rows with `from <= key < to`, or without that end, in ascending order of the key. */
  rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<PackedTable>;
  /** All rows whose key is NULL, negative or larger than {@link LARGEST_KEY}, in no order. */
  unkeyedRows(stream: Stream): Promise<TableRows>;
  /** The largest usable key of a table, or `undefined` when it has none. */
  lastKey(stream: Stream): Promise<bigint | undefined>;
  /** Where the snapshot from which this table is read stands in the log of changes. */
  snapshotPosition(stream: Stream): Promise<SnapshotPosition>;
  /**
   * All rows with one of these keys, in ascending order of the key.
   *
   * @param keys ascending, each once
   */
  rowsWithKeys(stream: Stream, keys: BigUint64Array): Promise<TableRows>;
  /** Cancels running queries, and lets go of what the tables were like. Does not throw. */
  close(): Promise<void>;
}

/** Request for the keys of a table that have changed since a position in the log. */
export interface ChangesRequest {
  readonly stream: Stream;
  /** Position from which the log is read: a step's. */
  readonly since: string;
  /** The identity of the log that `since` is a position of. */
  readonly origin: string;
  /** The range of keys: `from <= key < to`. */
  readonly from: bigint;
  readonly to: bigint;
  /** Once it is aborted the log is read to the end of the current transaction only. */
  readonly enough: AbortSignal;
}

/** Keys of a table that have changed. */
export interface ChangedKeys {
  /** Ascending, each once. */
  readonly keys: BigUint64Array;
  /** These are all keys below it that have changed: the end of the range, or less where there are more keys than are kept. */
  readonly to: bigint;
  /** Position up to which the log was read: the snapshot's, or an earlier one. */
  readonly gtid: string;
  /** The identity of the log at that position. */
  readonly origin: string;
  /** How much of the log was read: the age of its first transaction in seconds, 0 for none, and bytes. */
  readonly behind: { readonly seconds: number; readonly bytes: number };
}

/**
 * Reads the log of changes of the database, each table's up to the position of the snapshot that the TableReader has
 * opened of it, and never waits for what has not happened yet.
 */
export interface ChangeLog {
  /**
   * The identity of the log at the position of a table's snapshot.
   *
   * @throws LogRefusedError when this login may not read the log.
   */
  originOf(stream: Stream): Promise<string>;
  /**
   * @throws LogLostError when the log does not say any more what changed since then.
   * @throws LogRefusedError when this login may not read the log.
   */
  changedKeys(request: ChangesRequest): Promise<ChangedKeys>;
  /** Cancels running reads. Does not throw. */
  close(): Promise<void>;
}

/** What travels together: rows and messages of all three streams, and the dead letters among them. */
export interface Batch {
  /** Rows that are copied. @default none */
  readonly rows?: PerStream<readonly RowSlice[]>;
  readonly messages: PerStream<readonly Message[]>;
  readonly deadLetters: readonly Message[];
}

/**
 * Writes to the topics, one transaction at a time. After any method has thrown, the outcome of the
 * transaction is unknown: only `discard` and then `open`, which says what was committed, may follow.
 */
export interface TopicPublisher {
  /**
   * Fences every older run, settles its open transaction, and says how far the tables have been emitted.
   *
   * @param replaced streams whose positions are replaced before anything else: of these a position that somebody
   *   else wrote, or that is gone, counts as the beginning of the table. @default none
   * @throws CheckpointError when the position of another stream is not the emitter's, or somebody else can write to it.
   */
  open(replaced?: readonly StreamName[]): Promise<Checkpoint>;
  /**
   * Sends within the current transaction, beginning one if there is none. It may settle before all of it has arrived, so
   * that the next batch is on its way meanwhile; what fails then makes the next call throw.
   */
  send(batch: Batch): Promise<void>;
  /**
   * Commits all that was sent together with the new positions, all or nothing. Positions that are not given are not written.
   *
   * @param given ranges for other shards, by their number: they become part of the same transaction
   */
  commit(checkpoint: Partial<Checkpoint>, given?: ReadonlyMap<number, Partial<Checkpoint>>): Promise<void>;
  /**
   * The range of another shard, as it is committed at this moment.
   *
   * @param replaced as of {@link open}
   */
  rangeOf(shard: number, replaced?: readonly StreamName[]): Promise<Checkpoint>;
  /** Waits until every consumer can see what was committed, which Kafka answers a little before. Does not throw. */
  awaitCommitVisible(): Promise<void>;
  /** Gives up what was not committed, and the connection it was sent on. Does not throw. */
  discard(): Promise<void>;
}

/** Progress of the core. */
export interface Progress {
  /** After each commit: rows emitted by this run so far. */
  committed(emitted: PerStream<number>, checkpoint: Checkpoint): void;
  /** A failure that is followed by another try. */
  retrying(error: Error, attempt: number, delayMs: number): void;
}

/** Size of the rows that are read and sent at a time. */
export interface ChunkBounds {
  /** Rows of all three tables together. */
  readonly rows: number;
  /** Bytes of all messages together. */
  readonly bytes: number;
  /** Rows of the first ones of a run. @default rows */
  readonly firstRows?: number;
}

/** Size of one transaction, which is full with either; one that has part of a key waits for the rest of it. */
export interface TransactionBounds {
  readonly chunks: number;
  /** Time from one commit to the next: readers in read_committed wait that long. */
  readonly milliseconds: number;
}

/** Dependencies of a run. */
export interface EmitParts {
  readonly reader: TableReader;
  /** The log of changes. @default none: rows are copied and never looked at again */
  readonly log?: ChangeLog | undefined;
  /** The publisher of a shard; another one's is opened only to finish what that shard has left behind. */
  readonly publisherOf: (shard: number) => TopicPublisher;
  readonly progress: Progress;
  /** Resolves after that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Deadline of the run: no further chunk is started. */
  readonly deadline: AbortSignal;
  /** From here on the log of changes is read to the end of the current transaction only. @default the deadline */
  readonly enough?: AbortSignal;
  /** From here on an answer of Kafka is not waited for any more: later than the deadline, or when its reason, a PipelineError, has come up. */
  readonly cutOff: AbortSignal;
  /** @default CHUNK_BOUNDS */
  readonly bounds?: ChunkBounds;
  /** @default TRANSACTION_BOUNDS */
  readonly transaction?: TransactionBounds;
  /** The fewest keys that are given to a shard. @default SMALLEST_RANGE */
  readonly smallestRange?: bigint;
}
