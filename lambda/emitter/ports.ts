import type { Message } from '../shared/message';
import type { Column, Row } from '../shared/rows';
import type { PerStream, Stream, StreamName } from '../shared/streams';
import type { ChunkBounds } from './chunks';

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

/**
 * Reads the tables, each as it is at the moment at which it is first asked for after `close`. A result that ends before
 * its last row throws: the end of `batches` is the end of the rows. Every method throws an EmitterError.
 */
export interface TableReader {
  /** All rows with `from <= key < to`, or without that end, in ascending order of the key. */
  rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<TableRows>;
  /** All rows whose key is NULL, negative or larger than {@link LARGEST_KEY}, in no order. */
  unkeyedRows(stream: Stream): Promise<TableRows>;
  /** The largest usable key of a table, or `undefined` when it has none. */
  lastKey(stream: Stream): Promise<bigint | undefined>;
  /** Cancels running queries, and lets go of what the tables were like. Does not throw. */
  close(): Promise<void>;
}

/** Messages that travel together: rows of all three streams and the dead letters among them. */
export interface Batch {
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
  /** Sends within the current transaction, beginning one if there is none. */
  send(batch: Batch): Promise<void>;
  /**
   * Commits what was sent together with the new positions, all or nothing. Positions that are not given are not written.
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

/** Dependencies of a run. */
export interface EmitParts {
  readonly reader: TableReader;
  /** The publisher of a shard; another one's is opened only to finish what that shard has left behind. */
  readonly publisherOf: (shard: number) => TopicPublisher;
  readonly progress: Progress;
  /** Resolves after that many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Deadline of the run: no further chunk is started. */
  readonly deadline: AbortSignal;
  /** From here on an answer of Kafka is not waited for any more: later than the deadline, or when its reason, an EmitterError, has come up. */
  readonly cutOff: AbortSignal;
  /** Size of one transaction. @default CHUNK_BOUNDS */
  readonly bounds?: ChunkBounds;
  /** The fewest keys that are given to a shard. @default SMALLEST_RANGE */
  readonly smallestRange?: bigint;
}
