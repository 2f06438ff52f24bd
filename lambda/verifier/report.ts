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

/** Result of comparing a table with its topic. */
export interface StreamReport {
  readonly table: string;
  readonly topic: string;
  /** Whether the topic holds every row once and nothing else, rows in the dead letter topic aside. */
  readonly equal: boolean;
  /** Rows of the table. */
  readonly rows: number;
  /** Records of the topic that were committed when the comparison began. */
  readonly records: number;
  /** The largest key among the records, and among the dead letters about the table; `null` where there is none. */
  readonly lastKey: string | null;
  /** Rows that a dead letter accounts for. */
  readonly deadLettered: number;
  /** Rows that neither a record nor a dead letter accounts for. */
  readonly missing: number;
  /** Records that the table has no row for. */
  readonly extra: number;
  /** Records whose content differs from the row of their key. */
  readonly changed: number;
  /** Records that repeat a row beyond the number of such rows. */
  readonly duplicate: number;
  /** Dead letters with a key whose rows are all accounted for otherwise, or are not in the table. */
  readonly strayDeadLetters: number;
  /**
   * The sum of the fingerprints of the rows that should be records, and of the records, 32 hexadecimal digits each. The
   * first is computed from SHA-256 of the database, the second from SHA-256 of Node.js.
   */
  readonly digest: { readonly table: string; readonly topic: string };
  /** The first few differences of each kind. */
  readonly examples: readonly Example[];
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
