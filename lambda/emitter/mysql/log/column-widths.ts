import { lost } from './lost';

/** Width of each type whose values have always the same one. */
const FIXED: ReadonlyMap<number, number> = new Map([
  [1, 1], // TINY
  [2, 2], // SHORT
  [3, 4], // LONG
  [4, 4], // FLOAT
  [5, 8], // DOUBLE
  [6, 0], // NULL
  [7, 4], // TIMESTAMP
  [8, 8], // LONGLONG
  [9, 3], // INT24
  [10, 3], // DATE
  [11, 3], // TIME
  [12, 8], // DATETIME
  [13, 1], // YEAR
  [14, 3], // NEWDATE
]);

/** Width of the integer types, the ones that a key can have. */
export const INTEGER_WIDTHS: ReadonlyMap<number | undefined, number> = new Map(
  [1, 2, 3, 8, 9].map((type) => [type, FIXED.get(type) ?? 0]),
);

/** Bytes for the rest of the digits of a DECIMAL that is no group of nine. */
const DIGIT_BYTES = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4];

const digitsWidth = (digits: number): number => 4 * Math.floor(digits / 9) + (DIGIT_BYTES[digits % 9] ?? 0);

/** Width of the fraction of a second. */
const fractionWidth = (digits: number): number => (digits + 1) >> 1;

const prefix = (longest: number): number => (longest > 255 ? -2 : -1);

/**
 * How wide the values of columns are: the number of bytes, or, negative, the number of bytes that hold the length.
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html
 *
 * @param types one byte a column
 * @param metadata the details of the types, one after the other
 * @throws LogLostError for a type that is not known.
 */
export function columnWidths(types: Buffer, metadata: Buffer): Int32Array {
  const widths = new Int32Array(types.length);
  let at = 0;
  const next = (): number => metadata[at++] ?? 0;
  for (const [column, type] of types.entries()) widths[column] = widthOf(type, next);
  return widths;
}

function widthOf(type: number, next: () => number): number {
  switch (type) {
    case 4: // FLOAT
    case 5: // DOUBLE
      next();
      return FIXED.get(type) ?? 0;
    case 17: // TIMESTAMP2
      return 4 + fractionWidth(next());
    case 18: // DATETIME2
      return 5 + fractionWidth(next());
    case 19: // TIME2
      return 3 + fractionWidth(next());
    case 15: // VARCHAR
    case 141: // MariaDB: VARCHAR COMPRESSED
    case 253: // VAR_STRING
      return prefix(next() + 256 * next());
    case 16: {
      const bits = next();
      return next() + (bits > 0 ? 1 : 0);
    }
    case 246: {
      const precision = next();
      const scale = next();
      return digitsWidth(precision - scale) + digitsWidth(scale);
    }
    case 254: // CHAR, BINARY, ENUM, SET; MariaDB: UUID, INET4, INET6
      return stringWidth(next(), next());
    case 140: // MariaDB: BLOB COMPRESSED
    case 242: // MySQL: VECTOR
    case 245: // MySQL: JSON
    case 249: // TINY_BLOB
    case 250: // MEDIUM_BLOB
    case 251: // LONG_BLOB
    case 252: // BLOB
    case 255: // GEOMETRY
      return -next();
    default: {
      const width = FIXED.get(type);
      if (width === undefined) throw lost(`a column has type ${type}, which is not known`);
      return width;
    }
  }
}

const ENUM = 247;
const SET = 248;

/** The longest length of a CHAR has ten bits, the upper two of them, inverted, in the byte of the type. */
function stringWidth(type: number, size: number): number {
  if (type === ENUM || type === SET) return size;
  return prefix(size | (((type & 0x30) ^ 0x30) << 4));
}
