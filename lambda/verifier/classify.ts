import type { KeyRecord, RowRecord } from './fold';

/** Everything that a table, its topic and the dead letters have of one key. */
export interface KeySides {
  /** The fingerprints of the rows. */
  readonly rows: readonly string[];
  /** The records of the folded topic. */
  readonly records: readonly RowRecord[];
  /** Records that repeat others as of the same position in the log. */
  readonly repeated: readonly KeyRecord[];
  readonly deadLetters: number;
  /** Whether any record follows a change of the key: some dead letters may be about rows as they were before. */
  readonly isChanged: boolean;
}

/** Classes of the rows and records of one key. */
export interface Classification {
  /** Records that are identical to a row beyond the number of such rows, or repeated. */
  readonly duplicate: readonly KeyRecord[];
  /** Rows left without an identical record, each with a record left without an identical row. */
  readonly changed: readonly { readonly row: string; readonly record: RowRecord }[];
  /** Rows left that a dead letter accounts for. */
  readonly deadLettered: readonly string[];
  /** Rows left that nothing accounts for. */
  readonly missing: readonly string[];
  /** Records left: the table has no row for them. */
  readonly extra: readonly RowRecord[];
  /** Dead letters left: every row of the key is accounted for without them. None of a key that has changed. */
  readonly strayDeadLetters: number;
}

/**
 * Settles the rows of a key with the records of the folded topic and the dead letters, in this order:
 *
 * 1. a row and an identical record settle each other;
 * 2. a record left that is identical to a settled row is a `duplicate`;
 * 3. a row left and a record left settle each other as `changed`;
 * 4. a row left and a dead letter settle each other as `deadLettered`;
 * 5. rows left are `missing`, records left `extra`, dead letters left stray.
 *
 * So rows = identical + changed + deadLettered + missing, and records = identical + changed + duplicate + extra, repeated
 * ones aside.
 *
 * @param isCompacted whether the topic forgets tombstones: any key without records may have changed. @default false
 */
export function classify(
  { rows, records, repeated, deadLetters, isChanged }: KeySides,
  isCompacted = false,
): Classification {
  const unsettled = new Map<string, number>();
  for (const row of rows) unsettled.set(row, (unsettled.get(row) ?? 0) + 1);
  const duplicate: KeyRecord[] = [...repeated];
  const others: RowRecord[] = [];
  for (const record of records) {
    const count = unsettled.get(record.fingerprint);
    if (count === undefined) others.push(record);
    else if (count === 0) duplicate.push(record);
    else unsettled.set(record.fingerprint, count - 1);
  }
  const rowsLeft = [...unsettled].flatMap(([row, count]) => new Array<string>(count).fill(row));
  const pairs = Math.min(rowsLeft.length, others.length);
  const changed = others.slice(0, pairs).map((record, i) => ({ row: rowsLeft[i] as string, record }));
  const left = rowsLeft.slice(pairs);
  const mayBeOutdated = isChanged || (isCompacted && records.length === 0);
  const letters = Math.min(left.length, deadLetters);
  return {
    duplicate,
    changed,
    deadLettered: left.slice(0, letters),
    missing: left.slice(letters),
    extra: others.slice(pairs),
    strayDeadLetters: mayBeOutdated ? 0 : deadLetters - letters,
  };
}
