/**
 * Ways in which a column's text, as the database sends it, becomes JSON:
 *
 * - `number`: integers, YEAR, FLOAT and DOUBLE; a number literal with the database's own digits
 * - `text`: a string (DECIMAL and TIME, too)
 * - `datetime`: DATE and DATETIME; ISO-8601 without a zone
 * - `timestamp`: TIMESTAMP read in UTC; ISO-8601 with Z
 * - `json`: embedded as it is
 * - `binary`: BINARY, BLOB, BIT, geometry; a base64 string
 */
export type ColumnKind = 'number' | 'text' | 'datetime' | 'timestamp' | 'json' | 'binary';

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** One row in the order of its columns: the bytes that the database sent (text in UTF-8), or `null` for NULL. */
export type Row = readonly (Buffer | null)[];
