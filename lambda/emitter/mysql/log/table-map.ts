import type { FollowedTable } from '../followed-table';
import { columnWidths, INTEGER_WIDTHS } from './column-widths';
import { HEADER_BYTES, lengthEncoded } from './events';
import { lost } from './lost';

/** How the rows of a table look in the events that follow. */
export interface TableMap {
  /** As of {@link columnWidths}. */
  readonly widths: Int32Array;
  /** Index of the key column. */
  readonly keyIndex: number;
  readonly keyWidth: number;
}

/** The number by which row events refer to a table map. */
export const tableIdOf = (event: Buffer): number => event.readUIntLE(HEADER_BYTES, 6);

/** Kind of the field with the names of the columns, which is there with binlog_row_metadata=FULL. */
const COLUMN_NAMES = 4;

/**
 * Reads how the rows of a table look.
 *
 * @returns `undefined` for any other table.
 * @throws LogLostError when the rows' keys cannot be found by it.
 */
export function tableMapOf(event: Buffer, table: FollowedTable): TableMap | undefined {
  let at = HEADER_BYTES + 8;
  const name = (): string => {
    const length = event[at] ?? 0;
    at += length + 2;
    return event.toString('utf8', at - length - 1, at - 1).toLowerCase();
  };
  const schema = name();
  if (name() !== table.name || schema !== table.schema) return undefined;
  const [count, typesAt] = lengthEncoded(event, at);
  const types = event.subarray(typesAt, typesAt + count);
  const [length, metadataAt] = lengthEncoded(event, typesAt + count);
  const widths = columnWidths(types, event.subarray(metadataAt, metadataAt + length));
  const names = columnNames(event, metadataAt + length + ((count + 7) >> 3));
  if (names === undefined && table.columnCount !== undefined && table.columnCount !== count)
    throw lost(`${table.name} has ${count} columns in the log and ${table.columnCount} now`);
  const keyIndex = names === undefined ? table.keyIndex : names.indexOf(table.keyColumn);
  const keyWidth = INTEGER_WIDTHS.get(types[keyIndex]);
  if (keyWidth === undefined) throw lost(`${table.name} has no integer column ${table.keyColumn} in the log`);
  return { widths, keyIndex, keyWidth };
}

function columnNames(event: Buffer, from: number): string[] | undefined {
  for (let at = from; at < event.length; ) {
    const kind = event[at];
    const [length, start] = lengthEncoded(event, at + 1);
    at = start + length;
    if (kind !== COLUMN_NAMES) continue;
    const names: string[] = [];
    for (let nameAt = start; nameAt < at; ) {
      const [size, textAt] = lengthEncoded(event, nameAt);
      nameAt = textAt + size;
      names.push(event.toString('utf8', textAt, nameAt).toLowerCase());
    }
    return names;
  }
  return undefined;
}
