import { type PerStream, perStream } from '../../../lambda/shared/streams';
import type { Change, RecordSource, RowSource } from '../../../lambda/verifier/ports';
import { fingerprintOf, type Value } from '../../../lambda/verifier/value';

/** A row or record of one text column. */
export interface MemoryItem {
  readonly key: string;
  readonly text: string;
}

/** A record. */
export interface MemoryRecord {
  readonly key: string;
  /** `null` for a tombstone. */
  readonly text: string | null;
  /** @default 0 */
  readonly partition?: number;
  /** @default none: a copy */
  readonly change?: Change | undefined;
}

/** One stream in memory. */
export interface MemoryStream {
  readonly rows: MemoryItem[];
  /** The texts of rows without a key. */
  readonly unkeyedRows: string[];
  readonly records: MemoryRecord[];
  readonly deadLetters: {
    readonly key: string | null;
    readonly text: string;
    /** @default none: one of a copy */
    readonly position?: bigint | null;
  }[];
}

/** Three streams without anything in them. */
export const emptyStreams = (): PerStream<MemoryStream> =>
  perStream(() => ({ rows: [], unkeyedRows: [], records: [], deadLetters: [] }));

const COLUMNS = [{ name: 'text', form: 'plain' as const }];
const valuesOf = (text: string): Value[] => [{ kind: 'string', text }];
const fingerprint = (text: string): string => fingerprintOf(valuesOf(text));

/** The tables of streams in memory. */
export const memoryRows = (streams: PerStream<MemoryStream>): RowSource => ({
  columns: async () => COLUMNS,
  read: async ({ name }, onRow) => {
    for (const { key, text } of streams[name].rows) onRow(key, fingerprint(text));
    for (const text of streams[name].unkeyedRows) onRow(null, fingerprint(text));
  },
  rowsWithKey: async ({ name }, key) =>
    streams[name].rows
      .filter((row) => row.key === key)
      .map(({ text }) => ({ fingerprint: fingerprint(text), values: valuesOf(text) })),
});

/** The topics of streams in memory; a record's offset is its place in the list. */
export const memoryRecords = (streams: PerStream<MemoryStream>): RecordSource => ({
  read: async (wanted, _, sink) => {
    for (const { name } of wanted) {
      streams[name].records.forEach(({ key, text, partition = 0, change }, offset) => {
        sink.record(name, key, text === null ? null : fingerprint(text), { partition, offset }, change);
      });
    }
    perStream(({ name }) => {
      for (const { key, text, position } of streams[name].deadLetters)
        sink.deadLetter(name, key, fingerprint(text), position);
    });
  },
  recordsAt: async ({ name }, _, places) =>
    places.map(({ offset }) => valuesOf(streams[name].records[offset]?.text ?? '')),
});
