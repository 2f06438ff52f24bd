import { inflateSync } from 'node:zlib';
import type { FollowedTable } from '../followed-table';
import { HEADER_BYTES, lengthEncoded } from './events';
import type { KeySet } from './key-set';
import { lost } from './lost';
import type { TableMap } from './table-map';

/** A kind of events with rows. */
interface RowsKind {
  /** Whether each row is there twice, as it was before and as it is after. */
  readonly isUpdate: boolean;
  /** Whether something of variable length is before the columns. */
  readonly hasExtra: boolean;
  readonly isCompressed: boolean;
}

const kindsFrom = (first: number, hasExtra: boolean, isCompressed: boolean): [number, RowsKind][] =>
  [false, true, false].map((isUpdate, at) => [first + at, { isUpdate, hasExtra, isCompressed }]);

/** The events of inserted, updated and deleted rows, by their number. */
export const ROWS_KINDS: ReadonlyMap<number, RowsKind> = new Map([
  ...kindsFrom(23, false, false),
  ...kindsFrom(30, true, false),
  ...kindsFrom(166, false, true),
  ...kindsFrom(169, true, true),
]);

/**
 * Adds the keys of the rows of an event; nothing else of the rows is decoded.
 *
 * @throws LogLostError when a row is without its key, or cannot be read.
 */
export function readRowKeys(
  event: Buffer,
  { isUpdate, hasExtra, isCompressed }: RowsKind,
  map: TableMap,
  table: FollowedTable,
  keys: KeySet,
): void {
  const columnsAt = HEADER_BYTES + 8 + (hasExtra ? event.readUInt16LE(HEADER_BYTES + 8) : 0);
  const [count, presentAt] = lengthEncoded(event, columnsAt);
  if (count !== map.widths.length) throw lost(`rows of ${table.name} have another number of columns`);
  const bitmapBytes = (count + 7) >> 3;
  let start = presentAt + bitmapBytes;
  const before = imageOf(event, presentAt, map);
  if (before.key < 0) throw lost(`binlog_row_image leaves column ${table.keyColumn} of ${table.name} out`);
  const images = [before];
  if (isUpdate) {
    images.push(imageOf(event, start, map));
    start += bitmapBytes;
  }
  const body = isCompressed ? inflated(event.subarray(start)) : event.subarray(start);
  let at = 0;
  while (at < body.length)
    for (const image of images) at = readImage(body, at, image, map.keyWidth, table.isUnsigned, keys);
  if (at !== body.length) throw lost(`a row of ${table.name} cannot be read`);
}

/** The columns of an image of a row. */
interface RowImage {
  readonly widths: Int32Array;
  /** Index of the key among these columns, or -1. */
  readonly key: number;
}

function imageOf(event: Buffer, presentAt: number, { widths, keyIndex }: TableMap): RowImage {
  const isPresent = (column: number): boolean =>
    (((event[presentAt + (column >> 3)] ?? 0) >> (column & 7)) & 1) === 1;
  const columns = [...widths.keys()].filter(isPresent);
  return {
    widths: Int32Array.from(columns, (column) => widths[column] ?? 0),
    key: columns.indexOf(keyIndex),
  };
}

/** @returns the end of the image */
function readImage(
  body: Buffer,
  start: number,
  { widths, key }: RowImage,
  keyWidth: number,
  isUnsigned: boolean,
  keys: KeySet,
): number {
  let at = start + ((widths.length + 7) >> 3);
  for (let column = 0; column < widths.length; column++) {
    const isNull = (((body[start + (column >> 3)] as number) >> (column & 7)) & 1) === 1;
    if (isNull) continue;
    const width = widths[column] as number;
    if (column === key && at + keyWidth <= body.length) readKey(body, at, keyWidth, isUnsigned, keys);
    if (width >= 0) at += width;
    else if (at - width <= body.length) at += body.readUIntLE(at, -width) - width;
    else return Number.POSITIVE_INFINITY;
  }
  return at;
}

function readKey(body: Buffer, at: number, width: number, isUnsigned: boolean, keys: KeySet): void {
  const isNegative = !isUnsigned && (body[at + width - 1] as number) >= 0x80;
  if (isNegative) return;
  if (width === 8) keys.add(body.readUInt32LE(at), body.readUInt32LE(at + 4));
  else keys.add(body.readUIntLE(at, width), 0);
}

/** Inflates what MariaDB has compressed: one byte says how many bytes the length that follows has. */
export function inflated(compressed: Buffer): Buffer {
  const lengthBytes = (compressed[0] ?? 0) & 0x07;
  const length = compressed.readUIntBE(1, lengthBytes);
  return inflateSync(compressed.subarray(1 + lengthBytes), { maxOutputLength: Math.max(length, 1) });
}
