import type { PerStream, Stream, StreamName } from '../shared/streams';
import type { Value } from './value';

/** A column of a table, as much as is needed to read it from a record. */
export interface Column {
  readonly name: string;
  /** Form of its values in records: as they are, JSON documents embedded, bytes in base64. */
  readonly form: 'plain' | 'json' | 'bytes';
}

/** Place of a record in a topic. */
export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** Change of a key that a record follows. */
export interface Change {
  /** Whether the record is the only row of its key from here on. */
  readonly replaces: boolean;
  /** Number of transactions in the log of changes as of which the key was read; `null` where nobody knows. */
  readonly position: bigint | null;
  /** When the record was made, in milliseconds since 1970. */
  readonly time: number;
  /** Whether somebody has asked for the record, who may ask twice. */
  readonly isAsked?: true;
}

/** A row with all its values. */
export interface FullRow {
  readonly fingerprint: string;
  readonly values: readonly Value[];
}

/** The tables: what the topics should hold. */
export interface RowSource {
  /** The columns of a table, in its order. */
  columns(stream: Stream): Promise<readonly Column[]>;
  /**
   * Reads every row.
   *
   * @param onRow takes the row's key in decimal digits, or `null` when it has none that can be emitted, and the
   *   fingerprint of its values, 32 hexadecimal digits.
   */
  read(stream: Stream, onRow: (key: string | null, fingerprint: string) => void): Promise<void>;
  /** Reads the rows with this key. */
  rowsWithKey(stream: Stream, key: string): Promise<readonly FullRow[]>;
}

/** Takes what {@link RecordSource.read} reads. */
export interface RecordSink {
  /**
   * A record.
   *
   * @param key its text, empty for none
   * @param fingerprint of its values; `null` for a tombstone
   * @param change absent for a copy; every tombstone has one
   */
  record(
    stream: StreamName,
    key: string,
    fingerprint: string | null,
    place: Place,
    change?: Change | undefined,
  ): void;
  /**
   * A dead letter.
   *
   * @param key that it names; `null` for a row without one
   * @param fingerprint tells this letter from others
   * @param position as of which its key was read because it had changed, as in {@link Change}; absent for one of a copy
   */
  deadLetter(
    stream: StreamName,
    key: string | null,
    fingerprint: string,
    position?: bigint | null | undefined,
  ): void;
  /** A dead letter that is not about a row of the tables. */
  unknownDeadLetter(): void;
}

/** The topics: what a consumer that reads committed records sees. */
export interface RecordSource {
  /** Reads every record of these streams, those of a partition in its order, and the dead letters of all. */
  read(streams: readonly Stream[], columns: PerStream<readonly Column[]>, sink: RecordSink): Promise<void>;
  /** Reads the values of the records at these places, in their order. */
  recordsAt(
    stream: Stream,
    columns: readonly Column[],
    places: readonly Place[],
  ): Promise<readonly (readonly Value[])[]>;
}
