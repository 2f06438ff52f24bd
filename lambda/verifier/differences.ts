import { settledAll } from '../shared/settled-all';
import { bucketOf } from './bucket-sums';
import { type ChangedRow, changedExamples, type Sides } from './changed-examples';
import { classify } from './classify';
import {
  deadLetterItem,
  type FoldedSides,
  type KeyItem,
  recordItem,
  rowItem,
  sidesOfKeys,
} from './key-sides';
import { EXAMPLES, type Example, type FollowedChanges } from './report';
import { Spill } from './spill';

/** Differences of a table and its folded topic. */
export interface Differences {
  missing: number;
  extra: number;
  changed: number;
  duplicate: number;
  strayDeadLetters: number;
  deadLettered: number;
  readonly examples: readonly Example[];
  /** Absent where no record follows a change. */
  readonly changes?: FollowedChanges | undefined;
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
export interface DifferencesOptions extends Sides {
  /** The buckets whose keys are compared. */
  readonly buckets: ReadonlySet<number>;
  /** Whether the topic forgets tombstones. */
  readonly isCompacted: boolean;
  /** Takes both sides of each key. */
  readonly onKey: (key: string, sides: FoldedSides) => void;
  /** Takes each row that a dead letter accounts for, after its key. */
  readonly onDeadLettered: (key: string, fingerprint: string) => void;
  /** Takes each key that differs. */
  readonly onDiffering: (key: string) => void;
}

/**
 * Compares the keys of some buckets one by one: sets both sides aside in a temporary file and joins these group by
 * group.
 */
export async function findDifferences(options: DifferencesOptions): Promise<Differences> {
  using spill = new Spill<KeyItem>();
  await readBuckets(options, spill);

  const counts = { ...NO_DIFFERENCES };
  const changes = { keys: 0, superseded: 0, tombstones: 0 };
  const examples: { readonly missing: Example[]; readonly extra: Example[]; readonly duplicate: Example[] } =
    { missing: [], extra: [], duplicate: [] };
  const changedRows: ChangedRow[] = [];
  for (const items of spill.groups()) {
    for (const [key, sides] of sidesOfKeys(items)) {
      options.onKey(key, sides);
      if (sides.isChanged) changes.keys += 1;
      changes.superseded += sides.superseded;
      changes.tombstones += sides.tombstones;
      const found = classify(sides, options.isCompacted);
      for (const row of found.deadLettered) options.onDeadLettered(key, row);
      const { missing, extra, changed, duplicate, strayDeadLetters } = found;
      if (missing.length + extra.length + changed.length + duplicate.length + strayDeadLetters > 0)
        options.onDiffering(key);
      counts.missing += missing.length;
      counts.extra += extra.length;
      counts.changed += changed.length;
      counts.duplicate += duplicate.length;
      counts.strayDeadLetters += strayDeadLetters;
      counts.deadLettered += found.deadLettered.length;
      keepFirst(examples.missing, missing, (): Example => ({ kind: 'missing', key }));
      keepFirst(examples.extra, extra, ({ place }): Example => ({ kind: 'extra', key, ...place }));
      keepFirst(
        examples.duplicate,
        duplicate,
        ({ place }): Example => ({ kind: 'duplicate', key, ...place }),
      );
      keepFirst(changedRows, changed, (change) => ({ key, ...change }));
    }
  }
  const changed = await changedExamples(changedRows, options);
  return {
    ...counts,
    examples: [...examples.missing, ...examples.extra, ...changed, ...examples.duplicate],
    ...(changes.keys > 0 && { changes }),
  };
}

async function readBuckets(
  { stream, columns, buckets, rows, records }: DifferencesOptions,
  spill: Spill<KeyItem>,
): Promise<void> {
  await settledAll([
    records.read([stream], columns, {
      record: (_, key, fingerprint, place, change) => {
        if (buckets.has(bucketOf(key))) spill.add(key, recordItem(key, { fingerprint, place, change }));
      },
      deadLetter: (name, key, _, position) => {
        if (name === stream.name && key !== null && buckets.has(bucketOf(key)))
          spill.add(key, deadLetterItem(key, position));
      },
      unknownDeadLetter: () => {},
    }),
    rows.read(stream, (key, fingerprint) => {
      if (key !== null && buckets.has(bucketOf(key))) spill.add(key, rowItem(key, fingerprint));
    }),
  ]);
}

function keepFirst<T, U>(kept: U[], found: readonly T[], shown: (item: T) => U): void {
  for (const item of found.slice(0, EXAMPLES - kept.length)) kept.push(shown(item));
}
