import type { PerStream, Stream } from '../shared/streams';
import type { RowRecord } from './fold';
import type { Column, RecordSource, RowSource } from './ports';
import { EXAMPLE_CHARACTERS, type Example } from './report';
import { ABSENT, type Value } from './value';

/** A row and a record of its key that is not like it. */
export interface ChangedRow {
  readonly key: string;
  /** The fingerprint of the row. */
  readonly row: string;
  readonly record: RowRecord;
}

/** Sides of a stream. */
export interface Sides {
  readonly stream: Stream;
  readonly columns: PerStream<readonly Column[]>;
  readonly rows: RowSource;
  readonly records: RecordSource;
}

/** Reads changed rows and records again, to name the first column in which they differ. */
export async function changedExamples(
  changes: readonly ChangedRow[],
  { stream, columns, rows, records }: Sides,
): Promise<Example[]> {
  if (changes.length === 0) return [];
  const names = columns[stream.name].map(({ name }) => name);
  const contents = await records.recordsAt(
    stream,
    columns[stream.name],
    changes.map(({ record }) => record.place),
  );
  const examples: Example[] = [];
  for (const [index, { key, row, record }] of changes.entries()) {
    const candidates = await rows.rowsWithKey(stream, key);
    const expected = candidates.find(({ fingerprint }) => fingerprint === row)?.values ?? [];
    const actual = contents[index] ?? [];
    const at = actual.findIndex((value, column) => !isSame(value, expected[column]));
    examples.push({
      kind: 'changed',
      key,
      ...record.place,
      column: names[at] ?? '(a member without a column)',
      row: shown(expected[at]),
      record: shown(actual[at]),
    });
  }
  return examples;
}

const isSame = (a: Value, b: Value | undefined): boolean => a.kind === b?.kind && a.text === b.text;

function shown({ kind, text }: Value = ABSENT): string {
  const json =
    kind === 'string'
      ? JSON.stringify(text)
      : kind === 'bytes'
        ? `"${Buffer.from(text, 'hex').toString('base64')}"`
        : kind === 'null'
          ? 'null'
          : kind === 'absent'
            ? '(absent)'
            : text;
  return json.length > EXAMPLE_CHARACTERS ? `${json.slice(0, EXAMPLE_CHARACTERS)}…` : json;
}
