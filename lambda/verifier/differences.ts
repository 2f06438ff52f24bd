import { settledAll } from '../shared/settled-all';
import type { PerStream, Stream } from '../shared/streams';
import { bucketOf } from './bucket-sums';
import { classify, type KeyedRecord, type KeyGroup } from './classify';
import type { Column, RecordSource, RowSource } from './ports';
import { EXAMPLE_CHARACTERS, EXAMPLES, type Example } from './report';
import { Spill } from './spill';
import { ABSENT, type Value } from './value';

/** Differences of a table and its topic. */
export interface Differences {
  missing: number;
  extra: number;
  changed: number;
  duplicate: number;
  strayDeadLetters: number;
  deadLettered: number;
  readonly examples: readonly Example[];
}

/** The differences of a table and a topic that are equal. */
export const NO_DIFFERENCES: Differences = {
  missing: 0,
  extra: 0,
  changed: 0,
  duplicate: 0,
  strayDeadLetters: 0,
  deadLettered: 0,
  examples: [],
};

/** Dependencies of {@link findDifferences}. */
export interface DifferencesOptions {
  readonly stream: Stream;
  readonly columns: PerStream<readonly Column[]>;
  /** The buckets whose keys are compared. */
  readonly buckets: ReadonlySet<number>;
  readonly rows: RowSource;
  readonly records: RecordSource;
  /** Takes each row that a dead letter accounts for. */
  readonly onDeadLettered: (key: string, fingerprint: string) => void;
}

/** An item of a {@link Spill}: a row, a record or a dead letter. */
type Item =
  | readonly [key: string, fingerprint: string]
  | readonly [key: string, fingerprint: string, partition: number, offset: number]
  | readonly [key: string];

type Change = { readonly key: string; readonly row: string; readonly record: KeyedRecord };

/**
 * Compares the keys of some buckets one by one: sets both sides aside in temporary files and joins these group by group.
 */
export async function findDifferences(options: DifferencesOptions): Promise<Differences> {
  using spill = new Spill<Item>();
  await readBuckets(options, spill);

  const counts = { ...NO_DIFFERENCES };
  const examples: { readonly missing: Example[]; readonly extra: Example[]; readonly duplicate: Example[] } =
    { missing: [], extra: [], duplicate: [] };
  const changes: Change[] = [];
  for (const items of spill.groups()) {
    for (const [key, group] of byKey(items)) {
      const found = classify(group);
      for (const row of found.deadLettered) options.onDeadLettered(key, row);
      counts.missing += found.missing.length;
      counts.extra += found.extra.length;
      counts.changed += found.changed.length;
      counts.duplicate += found.duplicate.length;
      counts.strayDeadLetters += found.strayDeadLetters;
      counts.deadLettered += found.deadLettered.length;
      keepFirst(
        examples.missing,
        found.missing.map(() => ({ kind: 'missing', key })),
      );
      keepFirst(
        examples.extra,
        found.extra.map(({ place }) => ({ kind: 'extra', key, ...place })),
      );
      keepFirst(
        examples.duplicate,
        found.duplicate.map(({ place }) => ({ kind: 'duplicate', key, ...place })),
      );
      keepFirst(
        changes,
        found.changed.map((change) => ({ key, ...change })),
      );
    }
  }
  const changed = await explain(changes, options);
  return { ...counts, examples: [...examples.missing, ...examples.extra, ...changed, ...examples.duplicate] };
}

async function readBuckets(
  { stream, columns, buckets, rows, records }: DifferencesOptions,
  spill: Spill<Item>,
): Promise<void> {
  const setAside = (key: string, item: Item): void => {
    if (buckets.has(bucketOf(key))) spill.add(key, item);
  };
  await settledAll([
    records.read([stream], columns, {
      record: (_, key, fingerprint, { partition, offset }) =>
        setAside(key, [key, fingerprint, partition, offset]),
      deadLetter: (name, key) => {
        if (name === stream.name && key !== null) setAside(key, [key]);
      },
      unknownDeadLetter: () => {},
    }),
    rows.read(stream, (key, fingerprint) => {
      if (key !== null) setAside(key, [key, fingerprint]);
    }),
  ]);
}

function byKey(items: readonly Item[]): Map<string, KeyGroup> {
  const groups = new Map<string, KeyGroup>();
  for (const [key, fingerprint, partition, offset] of items) {
    const group = groups.get(key) ?? { rows: [], records: [], deadLetters: 0 };
    groups.set(key, group);
    if (fingerprint === undefined) group.deadLetters += 1;
    else if (partition === undefined || offset === undefined) group.rows.push(fingerprint);
    else group.records.push({ fingerprint, place: { partition, offset } });
  }
  return groups;
}

function keepFirst<T>(kept: T[], found: readonly T[]): void {
  kept.push(...found.slice(0, EXAMPLES - kept.length));
}

/** Reads changed rows and records again, to name the first column in which they differ. */
async function explain(
  changes: readonly Change[],
  { stream, columns, rows, records }: DifferencesOptions,
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
