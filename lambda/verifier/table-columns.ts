import { type FieldPacket, Types } from 'mysql2';
import { LARGEST_KEY } from '../shared/largest-key';
import { columnOf } from '../shared/mysql/mysql-columns';

import type { Column } from './ports';
import { canonicalText, FINGERPRINT_DIGITS, MARKS, NULL, type ValueKind } from './value';

/** A column whose values the database can write as they should be in a message. */
export interface TableColumn extends Column {
  readonly kind: ValueKind;
  /** SQL: the {@link Value.text} of the column, NULL for NULL. */
  readonly sql: string;
  /** Whether a value can be as long as a message and longer. */
  readonly isLong: boolean;
}

/** Flag of columns whose numbers have zeros in front, which JSON does not allow. */
const ZEROFILL = 64;

/** More bytes than a column needs whose values are always small. */
const LONG_BYTES = 65_536;

/**
 * Makes the SQL in which the database writes a column, from its description with a result: integers, YEAR, FLOAT, DOUBLE as
 * numbers, JSON as JSON, bytes as hexadecimal digits, all else as strings.
 */
export function tableColumn(field: FieldPacket): TableColumn {
  const { name, kind } = columnOf(field);
  const column = quoted(name);
  const text = `CONVERT(${column} USING utf8mb4)`;
  const common = { name, form: 'plain', kind: 'string', sql: text, isLong: isLong(field) } as const;
  switch (kind) {
    case 'number':
      return {
        ...common,
        kind: 'number',
        sql: Number(field.flags) & ZEROFILL ? `REGEXP_REPLACE(${text}, '^0+(?=[0-9])', '')` : text,
      };
    case 'datetime':
      return { ...common, sql: `REPLACE(${text}, ' ', 'T')` };
    case 'timestamp':
      return { ...common, sql: `CONCAT(REPLACE(${text}, ' ', 'T'), 'Z')` };
    case 'json': {
      // MySQL writes its own JSON type in this form; MariaDB's JSON is text as it was inserted.
      const document = field.columnType === Types.JSON ? text : `JSON_LOOSE(${column})`;
      return { ...common, form: 'json', kind: 'json', sql: `COALESCE(${document}, 'null')` };
    }
    case 'binary':
      return { ...common, form: 'bytes', kind: 'bytes', sql: `HEX(CAST(${column} AS BINARY))` };
    case 'text':
      return common;
  }
}

const isLong = ({ columnLength }: FieldPacket): boolean => (columnLength ?? 0) > LONG_BYTES;

/** The fingerprint of a row that is too large for a message. */
const NO_FINGERPRINT = '0'.repeat(FINGERPRINT_DIGITS);

/** Bytes of a row, in whatever character set the table keeps them (up to four bytes for one of a message), with which it cannot be a message. */
const TOO_LARGE_BYTES = 4_000_000;

/** SQL: the fingerprint of a row, as `fingerprintOf` defines it, computed by the database. */
export function fingerprintSql(columns: readonly TableColumn[]): string {
  const texts = columns.map(
    ({ kind, sql }) =>
      `COALESCE(CONCAT(${literal(MARKS[kind])}, LENGTH(${sql}), ':', ${sql}), ${literal(canonicalText(NULL))})`,
  );
  const fingerprint = `COALESCE(LEFT(SHA2(CONCAT(${texts.join(', ')}), 256), ${FINGERPRINT_DIGITS}), '${NO_FINGERPRINT}')`;
  const lengths = columns
    .filter((column) => column.isLong)
    .map(({ name }) => `COALESCE(LENGTH(${quoted(name)}), 0)`);
  return lengths.length === 0
    ? fingerprint
    : `IF(${lengths.join(' + ')} > ${TOO_LARGE_BYTES}, '${NO_FINGERPRINT}', ${fingerprint})`;
}

/** SQL: the key of a row in decimal digits, NULL for one that cannot be emitted. */
export const keySql = ({ name, sql }: TableColumn): string =>
  `IF(${quoted(name)} BETWEEN 0 AND ${LARGEST_KEY}, ${sql}, NULL)`;

/** SQL: the name of a table or column, which also works where ANSI_QUOTES is set. */
export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
