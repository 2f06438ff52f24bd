/** A group of events that the log shows all or not at all: a transaction, or one statement that is none. */
export interface Group {
  /** Whether its first statement is all of it. Absent where only that statement says so. */
  readonly isStandalone?: boolean | undefined;
  /** Whether it only prepares an XA transaction. Absent where only its first statement says so. */
  readonly isPrepare?: boolean | undefined;
}

/** How far a log has been read, group by group; positions are those of the server's own kind. */
export interface LogProgress {
  /** Begins a group by its first event. */
  begin(event: Buffer): Group;
  /** The group that was begun is over. */
  end(): void;
  /** The group that was begun only prepares a transaction: it must be read again until that is committed. */
  prepare(xid: string): void;
  /** The group that was begun completes a prepared transaction. Says whether this was read. */
  complete(xid: string): boolean;
  /** Whether everything that the snapshot holds has been read. */
  readonly isComplete: boolean;
  /** Whether everything up to the snapshot's position has been read. */
  readonly hasReached: boolean;
  /** The position that was reached: the snapshot's, or an earlier one. */
  readonly position: string;
}
