import { stringify } from 'csv-stringify/sync';
import { utf8 } from '../../lambda/emitter/messages';
import type { Column, Row } from '../../lambda/shared/rows';

/**
 * Records of CSV as RFC 4180 has it, each with the line break CRLF at its end. NULL is an empty field, and an empty text
 * is `""`.
 */
export const csvRecords = (records: readonly (readonly (string | null)[])[]): string =>
  stringify([...records], {
    record_delimiter: '\r\n',
    quote_record_delimiter: true,
    // The library's own option for empty fields makes no difference between an empty text and NULL.
    quoted_match: /^$/,
  });

/** The text of each column of a row, as the database prints it; bytes as base64. */
export function textsOf(columns: readonly Column[]): (row: Row) => (string | null)[] {
  return (row) =>
    columns.map(({ name, kind }, index) => {
      const value = row[index] ?? null;
      if (value === null) return null;
      return kind === 'binary' ? value.toString('base64') : utf8(value, name);
    });
}
