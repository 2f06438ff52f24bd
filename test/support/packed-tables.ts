import { rowEncoder, UnemittableRowError } from '../../lambda/emitter/messages';
import { PackedRows, type RowSlice } from '../../lambda/emitter/packed-rows';
import type { PackedTable, TableRows } from '../../lambda/emitter/ports';
import type { Message } from '../../lambda/shared/message';

/** The rows of a table, in blocks. */
export function packed({ columns, keyIndex, batches }: TableRows): PackedTable {
  const encode = rowEncoder(columns);
  const next = async () => {
    const batch = await batches.next();
    if (batch.done === true) return batch;
    const value = PackedRows.for(batch.value.length);
    for (const row of batch.value)
      value.add(
        row[keyIndex] as Buffer,
        jsonOrReason(() => encode(row)),
      );
    return { done: false, value } as const;
  };
  return { next };
}

/** The messages that rows in blocks stand for. */
export const messagesOf = (slices: readonly RowSlice[] = []): Message[] =>
  slices.flatMap(({ rows, from, to }) =>
    Array.from({ length: to - from }, (_, at) => {
      const [begin, keyEnd, end] = [rows.startOf(from + at), rows.keyEnds[from + at], rows.ends[from + at]];
      return {
        key: rows.bytes.toString('latin1', begin, keyEnd),
        value: Buffer.from(rows.bytes.subarray(keyEnd, end)),
      };
    }),
  );

/** What an encoder says of a row. */
export function jsonOrReason(encode: () => Buffer): Buffer | string {
  try {
    return encode();
  } catch (error) {
    if (error instanceof UnemittableRowError) return error.message;
    throw error;
  }
}
