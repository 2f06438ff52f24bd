import type { PerStream } from '../shared/streams';

/** Number of examples of each kind of difference in a report. */
export const EXAMPLES = 5;

/** Longest value that an example shows, in characters. */
export const EXAMPLE_CHARACTERS = 80;

/** One difference. */
export type Example =
  | { readonly kind: 'missing'; readonly key: string }
  | {
      readonly kind: 'extra' | 'duplicate';
      readonly key: string;
      readonly partition: number;
      readonly offset: number;
    }
  | {
      readonly kind: 'changed';
      readonly key: string;
      readonly partition: number;
      readonly offset: number;
      /** The first column that differs. */
      readonly column: string;
      /** Its value in the row and in the record, as JSON, cut to {@link EXAMPLE_CHARACTERS}. */
      readonly row: string;
      readonly record: string;
    };

/** Records that follow changes, and what they have replaced. */
export interface FollowedChanges {
  /** Keys that have such records. */
  readonly keys: number;
  /** Records that a later one of their key has cleared or replaced. */
  readonly superseded: number;
  /** Tombstones. */
  readonly tombstones: number;
}

/** Some keys whose rows and records differ: those that the emitter can read again. */
export interface KeyPage {
  /** In decimal digits, ascending. */
  readonly keys: readonly string[];
  /** Whether there are larger ones. */
  readonly hasMore: boolean;
}

/** Result of comparing a table with its topic. */
export interface StreamReport {
  readonly table: string;
  readonly topic: string;
  /** Whether the folded topic holds every row once and nothing else, rows in the dead letter topic aside. */
  readonly equal: boolean;
  /** Rows of the table. */
  readonly rows: number;
  /** Records of the topic that were committed when the comparison began. */
  readonly records: number;
  /** Absent where no record of the topic follows a change. */
  readonly changes?: FollowedChanges | undefined;
  /** The largest key among the records, and among the dead letters about the table; `null` where there is none. */
  readonly lastKey: string | null;
  /** Rows that a dead letter accounts for. */
  readonly deadLettered: number;
  /** Rows that neither a record nor a dead letter accounts for. */
  readonly missing: number;
  /** Records of the folded topic that the table has no row for. */
  readonly extra: number;
  /** Records of the folded topic whose content differs from the row of their key. */
  readonly changed: number;
  /**
   * Records of the folded topic that repeat a row beyond the number of such rows, and records that follow a change and
   * repeat, as of the same position in the log, those before them.
   */
  readonly duplicate: number;
  /**
   * Dead letters with a key whose rows are all accounted for otherwise, or are not in the table. Those of a key with
   * changes are not counted: they may be about rows as they were before.
   */
  readonly strayDeadLetters: number;
  /**
   * The sum of the fingerprints of the rows that should be records, and of the records of the folded topic, 32
   * hexadecimal digits each. The first is computed from SHA-256 of the database, the second from SHA-256 of Node.js.
   */
  readonly digest: { readonly table: string; readonly topic: string };
  /** The first few differences of each kind. */
  readonly examples: readonly Example[];
  /** Only where the keys were asked for: keys that are missing, extra, changed, duplicate, or have stray dead letters. */
  readonly differing?: KeyPage | undefined;
}

/** Result of a verification. */
export interface VerificationReport {
  /** Whether every stream is equal. */
  readonly equal: boolean;
  readonly streams: PerStream<StreamReport>;
  /** Dead letters that are not about a row of the three tables. */
  readonly unknownDeadLetters: number;
  readonly elapsedMs: number;
}
