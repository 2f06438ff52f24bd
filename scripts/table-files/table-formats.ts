import { rowEncoder } from '../../lambda/emitter/messages';
import type { Column, Row } from '../../lambda/shared/rows';
import { csvRecords, textsOf } from './csv';

/** Format of the rows of a table in a file. */
export interface TableFormat {
  /** Beginning of the file. */
  readonly head: string;
  /** @throws UnemittableRowError for a row that has no such form. */
  rows(rows: readonly Row[]): string | Buffer;
}

/** The forms in which a table can be saved, by the ending of the file. */
export const TABLE_FORMATS = {
  csv: (columns) => {
    const texts = textsOf(columns);
    return {
      head: csvRecords([columns.map(({ name }) => name)]),
      rows: (rows) => csvRecords(rows.map(texts)),
    };
  },
  /** JSON Lines: the values of the records that the emitter makes of the rows; of rows, too, that no record would hold. */
  jsonl: (columns) => {
    const encode = rowEncoder(columns, Number.POSITIVE_INFINITY);
    return { head: '', rows: (rows) => Buffer.concat(rows.flatMap((row) => [encode(row), LINE_FEED])) };
  },
} as const satisfies Record<string, (columns: readonly Column[]) => TableFormat>;

/** One of {@link TABLE_FORMATS}. */
export type TableFormatName = keyof typeof TABLE_FORMATS;

const LINE_FEED = Buffer.from('\n');
