import type { Change, Place } from './ports';

/** A record of one key, with as much of it as folding needs. */
export interface KeyRecord {
  /** The fingerprint of its values; `null` for a tombstone. */
  readonly fingerprint: string | null;
  readonly place: Place;
  /** Absent for a copy. */
  readonly change?: Change | undefined;
}

/** A record that stands for a row. */
export interface RowRecord extends KeyRecord {
  readonly fingerprint: string;
}

/** Result of folding the records of a key; each record is counted in one of the fields. */
export interface FoldedKey {
  /** The rows that the topic says the key has. */
  readonly rows: readonly RowRecord[];
  /** Records that say again, as of the same position in the log, what the records before them say. */
  readonly repeated: readonly KeyRecord[];
  /** Number of rows that later records have cleared or replaced. */
  readonly superseded: number;
  /** Number of tombstones that are not repeated. */
  readonly tombstones: number;
  /** Whether any record follows a change. */
  readonly isChanged: boolean;
  /** Position in the log as of which the key was read last; `null` where nobody knows, or it never changed. */
  readonly readAsOf: bigint | null;
}

/**
 * Folds the records of a key as a reader of the topic does: a tombstone clears the key, a record that replaces is its
 * only row, any other record adds a row.
 *
 * Inside a partition the order is that of the offsets. Between partitions, which a key has where their number was raised,
 * the record with the later position in the log is newer; copies, which have none, are the oldest. Where the positions
 * are the same or unknown, time decides.
 *
 * Holds what the newest records of each partition say and counts the others, so that memory does not grow with the
 * number of changes.
 */
export class KeyFold {
  /** Copies of partitions that have no change so far, in the order in which they came. */
  readonly #copies: KeyRecord[] = [];
  /** The other partitions. Most keys have one at most. */
  #partitions: Map<number, PartitionFold> | undefined;

  /** Adds a record. Those of a partition must come in its order. */
  add(record: KeyRecord): void {
    const { partition } = record.place;
    let fold = this.#partitions?.get(partition);
    if (fold === undefined) {
      if (record.change === undefined) {
        this.#copies.push(record);
        return;
      }
      fold = new PartitionFold();
      this.#partitions ??= new Map();
      this.#partitions.set(partition, fold);
    }
    fold.add(record);
  }

  /** The result of all records. None can be added afterwards. */
  result(): FoldedKey {
    const partitions = [...(this.#partitions?.values() ?? [])];
    const newest = partitions.flatMap((partition) => partition.newest());
    if (partitions.length > 1) newest.sort(byAge);
    const merged = new OrderedFold();
    for (const record of [...this.#copies, ...newest]) merged.add(record);
    const { kept, repeated } = merged.close();
    const folds = [merged, ...partitions.map(({ ordered }) => ordered)];
    const rows = kept.filter(isRow);
    return {
      rows,
      repeated,
      superseded: folds.reduce((sum, fold) => sum + fold.superseded, 0),
      tombstones: folds.reduce((sum, fold) => sum + fold.tombstones, kept.length - rows.length),
      isChanged: partitions.length > 0,
      readAsOf: kept.at(-1)?.change?.position ?? null,
    };
  }
}

/** Place of a record in the order of all partitions. */
interface Age {
  readonly position: bigint;
  readonly time: number;
}

type AgedRecord = KeyRecord & { readonly age: Age };

const COPY: Age = { position: -2n, time: 0 };
const UNKNOWN_POSITION = -1n;

/** Folds the records of one partition, none of which is older than those before it, whatever its headers say. */
class PartitionFold {
  readonly ordered = new OrderedFold<AgedRecord>();
  #last = COPY;

  add(record: KeyRecord): void {
    const { change } = record;
    if (change !== undefined) {
      const { position, time } = this.#last;
      const own = change.position ?? UNKNOWN_POSITION;
      this.#last = { position: own > position ? own : position, time: Math.max(time, change.time) };
    }
    this.ordered.add({ ...record, age: this.#last });
  }

  newest(): AgedRecord[] {
    const { kept, repeated } = this.ordered.close();
    return [...kept, ...repeated];
  }
}

/** Folds records that come in order. */
class OrderedFold<R extends KeyRecord = KeyRecord> {
  superseded = 0;
  tombstones = 0;
  /** The newest complete group. Each begins with a record that makes those before it obsolete. */
  #kept: readonly R[] = [];
  #repeated: R[] = [];
  /** The group that is being added. */
  #open: R[] = [];

  add(record: R): void {
    if (isFirstOfGroup(record)) this.close();
    this.#open.push(record);
  }

  /** Completes the group. */
  close(): { readonly kept: readonly R[]; readonly repeated: readonly R[] } {
    if (isRepetition(this.#open, this.#kept)) this.#repeated.push(...this.#open);
    else if (this.#open.length > 0) {
      for (const record of [...this.#kept, ...this.#repeated]) {
        if (isRow(record)) this.superseded += 1;
        else this.tombstones += 1;
      }
      this.#kept = this.#open;
      this.#repeated = [];
    }
    this.#open = [];
    return { kept: this.#kept, repeated: this.#repeated };
  }
}

const isRow = (record: KeyRecord): record is RowRecord => record.fingerprint !== null;

const isFirstOfGroup = (record: KeyRecord): boolean => !isRow(record) || record.change?.replaces === true;

/** Whether a group says the same as the one before it, as of the same position in the log. */
function isRepetition([first, ...others]: readonly KeyRecord[], before: readonly KeyRecord[]): boolean {
  const position = first?.change?.position ?? null;
  if (
    first === undefined ||
    first.change?.isAsked === true ||
    position === null ||
    position !== before[0]?.change?.position
  )
    return false;
  return fingerprintsOf([first, ...others]) === fingerprintsOf(before);
}

const fingerprintsOf = (records: readonly KeyRecord[]): string =>
  records
    .filter(isRow)
    .map(({ fingerprint }) => fingerprint)
    .sort()
    .join();

function byAge(a: AgedRecord, b: AgedRecord): number {
  if (a.age.position !== b.age.position) return a.age.position < b.age.position ? -1 : 1;
  return a.age.time - b.age.time || a.place.partition - b.place.partition || a.place.offset - b.place.offset;
}
