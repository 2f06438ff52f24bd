/** A table of the report. */
export interface ReportTable {
  /** A line above it. */
  readonly title?: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that are words. */
  readonly words: readonly number[];
  /** Lines below it. */
  readonly remarks?: readonly string[];
}
