import { LARGEST_KEY } from '../emitter/ports';
import type { Column } from './ports';
import { canonicalText, FINGERPRINT_DIGITS, MARKS, NULL, type ValueKind } from './value';

/** What the database's catalogue says of a column. */
export interface CatalogueColumn {
  readonly name: string;
  /** information_schema.COLUMNS.DATA_TYPE, for example `int`. */
  readonly dataType: string;
  /** information_schema.COLUMNS.COLUMN_TYPE, for example `int(8) unsigned zerofill`. */
  readonly columnType: string;
  /** Whether the column has the check `json_valid`: MariaDB's JSON is LONGTEXT with it. */
  readonly hasJsonCheck: boolean;
}

/** A column whose values the database can write as they should be in a message. */
export interface TableColumn extends Column {
  readonly kind: ValueKind;
  /** SQL: the {@link Value.text} of the column, NULL for NULL. */
  readonly sql: string;
}

const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year'];
const NUMBERS = [...INTEGERS, 'float', 'double'];
const BYTES = [
  ...['bit', 'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'],
  ...[
    'geometry',
    'point',
    'linestring',
    'polygon',
    'multipoint',
    'multilinestring',
    'multipolygon',
    'geometrycollection',
  ],
];

/** How the database writes a column: integers, YEAR, FLOAT, DOUBLE as numbers, JSON as JSON, all else as strings. */
export function tableColumn({ name, dataType, columnType, hasJsonCheck }: CatalogueColumn): TableColumn {
  const column = quoted(name);
  const text = `CONVERT(${column} USING utf8mb4)`;
  if (hasJsonCheck)
    return { name, isJson: true, kind: 'json', sql: `COALESCE(JSON_COMPACT(${column}), 'null')` };
  const string = { name, isJson: false, kind: 'string' } as const;
  if (NUMBERS.includes(dataType)) {
    // YEAR 0000 and ZEROFILL are written with leading zeros, which JSON does not allow.
    const isPadded = dataType === 'year' || columnType.endsWith(' zerofill');
    return {
      ...string,
      kind: 'number',
      sql: isPadded ? `REGEXP_REPLACE(${text}, '^0+(?=[0-9])', '')` : text,
    };
  }
  if (BYTES.includes(dataType)) {
    return { ...string, sql: `CONVERT(REPLACE(TO_BASE64(${column}), CHAR(10), '') USING utf8mb4)` };
  }
  if (dataType === 'datetime') return { ...string, sql: `REPLACE(${text}, ' ', 'T')` };
  if (dataType === 'timestamp') return { ...string, sql: `CONCAT(REPLACE(${text}, ' ', 'T'), 'Z')` };
  return { ...string, sql: text };
}

/** The fingerprint of a row that is too large for the database's string functions, and thus for a message. */
const NO_FINGERPRINT = '0'.repeat(FINGERPRINT_DIGITS);

/** SQL: the fingerprint of a row, as `fingerprintOf` defines it, computed by the database. */
export function fingerprintSql(columns: readonly TableColumn[]): string {
  const texts = columns.map(
    ({ kind, sql }) =>
      `COALESCE(CONCAT(${literal(MARKS[kind])}, LENGTH(${sql}), ':', ${sql}), ${literal(canonicalText(NULL))})`,
  );
  return `COALESCE(LEFT(SHA2(CONCAT(${texts.join(', ')}), 256), ${FINGERPRINT_DIGITS}), '${NO_FINGERPRINT}')`;
}

/** SQL: the key of a row in decimal digits, NULL for one that cannot be emitted. */
export const keySql = ({ name, sql }: TableColumn): string =>
  `IF(${quoted(name)} BETWEEN 0 AND ${LARGEST_KEY}, ${sql}, NULL)`;

/** SQL: the name of a table or column, which also works where ANSI_QUOTES is set. */
export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
