import { type FieldPacket, Types } from 'mysql2';
import type { Column, ColumnKind } from '../rows';

/** The number that the protocol gives the character set of columns that hold bytes. */
const BINARY_CHARSET = 63;

const KINDS: ReadonlyMap<number | undefined, ColumnKind> = new Map<number, ColumnKind>([
  [Types.TINY, 'number'],
  [Types.SHORT, 'number'],
  [Types.INT24, 'number'],
  [Types.LONG, 'number'],
  [Types.LONGLONG, 'number'],
  [Types.YEAR, 'number'],
  [Types.FLOAT, 'number'],
  [Types.DOUBLE, 'number'],
  [Types.DECIMAL, 'text'],
  [Types.NEWDECIMAL, 'text'],
  [Types.TIME, 'text'],
  [Types.DATE, 'datetime'],
  [Types.NEWDATE, 'datetime'],
  [Types.DATETIME, 'datetime'],
  [Types.TIMESTAMP, 'timestamp'],
  [Types.JSON, 'json'],
  [Types.BIT, 'binary'],
  [Types.GEOMETRY, 'binary'],
]);

const INTEGERS: readonly (number | undefined)[] = [
  Types.TINY,
  Types.SHORT,
  Types.INT24,
  Types.LONG,
  Types.LONGLONG,
];

/** MariaDB's description of a column beyond the protocol's types, which the driver's types leave out. */
interface MariaDbField extends FieldPacket {
  /** For example `uuid`, `inet4`, `inet6`. */
  readonly extendedTypeName?: string;
  /** `json` for a JSON column, which is LONGTEXT otherwise. */
  readonly extendedFormat?: string;
}

/** Chooses how the values of a column become JSON. */
export function columnOf(field: FieldPacket): Column {
  const { extendedFormat, extendedTypeName, characterSet, columnType, name } = field as MariaDbField;
  const kind = KINDS.get(columnType);
  if (extendedFormat === 'json') return { name, kind: 'json' };
  if (kind !== undefined) return { name, kind };
  const isTextType = extendedTypeName !== undefined && TEXT_TYPES.has(extendedTypeName);
  return { name, kind: characterSet === BINARY_CHARSET && !isTextType ? 'binary' : 'text' };
}

/** MariaDB's types that are sent as text although their character set is that of bytes. */
const TEXT_TYPES: ReadonlySet<string> = new Set(['uuid', 'inet4', 'inet6']);

/** Whether a column holds integers, as a key must. */
export const isInteger = (field: FieldPacket): boolean => INTEGERS.includes(field.columnType);
