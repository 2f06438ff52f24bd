import { settledAll } from '../shared/settled-all';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName, topicOf } from '../shared/streams';
import { BucketSums, bucketOf } from './bucket-sums';
import { findDifferences, NO_DIFFERENCES } from './differences';
import { compareKeys, DifferingKeys, isKey } from './differing-keys';
import type { Column, RecordSource, RowSource } from './ports';
import type { StreamReport, VerificationReport } from './report';
import { UnkeyedRows } from './unkeyed-rows';

/** Request for a page of the keys of each table that differ. */
export interface KeysRequest {
  /** The most keys of a table. */
  readonly limit: number;
  /** Only larger keys than these. @default all */
  readonly after?: Partial<Record<Stream['table'], string | undefined>> | undefined;
}

/** Dependencies of {@link verify}. */
export interface VerifyOptions {
  readonly userId: string;
  readonly rows: RowSource;
  readonly records: RecordSource;
  /** The streams whose topics are compacted. @default none */
  readonly compacted?: ReadonlySet<StreamName> | undefined;
  /** Request for the keys that differ. @default none */
  readonly keys?: KeysRequest | undefined;
  /** The clock, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/**
 * Compares every row of the tables with what a reader has who folds the records of the topics; see {@link KeyFold}.
 *
 * The first pass reduces both sides to sums over a fixed number of buckets of keys. Where all sums agree, no dead letter
 * is about a key of the bucket and none of its records follows a change, the sides are equal. The keys of other buckets
 * are compared one by one in a second pass. Memory does not grow with the tables or changes; time grows linearly.
 *
 * The result is exact when nobody writes to the tables or topics meanwhile. Rows and transactions that are added while
 * it runs may show up as differences.
 *
 * @throws PipelineError when a table, topic or server cannot be read.
 */
export async function verify({
  userId,
  rows,
  records,
  compacted,
  keys,
  now = () => performance.now(),
}: VerifyOptions): Promise<VerificationReport> {
  const startedAt = now();
  const columns = {} as PerStream<readonly Column[]>;
  for (const stream of STREAMS) columns[stream.name] = await rows.columns(stream);

  const table = perStream(() => new BucketSums());
  const topic = perStream(() => new BucketSums());
  const unkeyed = perStream(() => new UnkeyedRows());
  const recordCount = perStream(() => 0);
  const deadLetterBuckets = perStream(() => new Set<number>());
  const changedBuckets = perStream(() => new Set<number>());
  const lastKey = perStream((): string | null => null);
  let unknownDeadLetters = 0;

  const readRows = async (): Promise<void> => {
    for (const stream of STREAMS) {
      await rows.read(stream, (key, fingerprint) => {
        if (key === null) unkeyed[stream.name].addRow(fingerprint);
        else table[stream.name].add(key, fingerprint);
      });
    }
  };
  const readRecords = (): Promise<void> =>
    records.read(STREAMS, columns, {
      record: (stream, key, fingerprint, _place, change) => {
        recordCount[stream] += 1;
        if (fingerprint !== null) topic[stream].add(key, fingerprint);
        if (change !== undefined) changedBuckets[stream].add(bucketOf(key));
        lastKey[stream] = laterKey(lastKey[stream], key);
      },
      deadLetter: (stream, key, fingerprint) => {
        if (key === null) unkeyed[stream].addDeadLetter(fingerprint);
        else {
          deadLetterBuckets[stream].add(bucketOf(key));
          lastKey[stream] = laterKey(lastKey[stream], key);
        }
      },
      unknownDeadLetter: () => {
        unknownDeadLetters += 1;
      },
    });
  await settledAll([readRecords(), readRows()]);

  const report = async (stream: Stream): Promise<StreamReport> => {
    const { name } = stream;
    const rowCount = table[name].count + unkeyed[name].rows;
    const folded = changedBuckets[name];
    const buckets = new Set([
      ...table[name].differingFrom(topic[name]),
      ...deadLetterBuckets[name],
      ...folded,
    ]);
    for (const bucket of folded) {
      table[name].clear(bucket);
      topic[name].clear(bucket);
    }
    const differing = keys && new DifferingKeys(keys.limit, keys.after?.[stream.table]);
    const found =
      buckets.size === 0
        ? NO_DIFFERENCES
        : await findDifferences({
            stream,
            columns,
            buckets,
            rows,
            records,
            isCompacted: compacted?.has(name) === true,
            onKey: (key, sides) => {
              if (!folded.has(bucketOf(key))) return;
              for (const row of sides.rows) table[name].add(key, row);
              for (const { fingerprint } of sides.records) topic[name].add(key, fingerprint);
            },
            onDiffering: (key) => differing?.add(key),
            onDeadLettered: (key, fingerprint) => table[name].remove(key, fingerprint),
          });
    const digest = { table: table[name].digest, topic: topic[name].digest };
    const { examples, deadLettered, changes, ...others } = found;
    const counts = { ...others, missing: found.missing + unkeyed[name].missing };
    return {
      table: stream.table,
      topic: topicOf(userId, name),
      equal: digest.table === digest.topic && Object.values(counts).every((count) => count === 0),
      rows: rowCount,
      records: recordCount[name],
      ...(changes && { changes }),
      lastKey: lastKey[name],
      deadLettered: deadLettered + unkeyed[name].deadLettered,
      ...counts,
      digest,
      examples,
      ...(differing && { differing: differing.page }),
    };
  };
  const streams = {} as PerStream<StreamReport>;
  for (const stream of STREAMS) streams[stream.name] = await report(stream);
  return {
    equal: unknownDeadLetters === 0 && Object.values(streams).every(({ equal }) => equal),
    streams,
    unknownDeadLetters,
    elapsedMs: Math.round(now() - startedAt),
  };
}

/** The larger of two keys in decimal digits. Whatever else may stand in a topic is no key of the emitter's. */
function laterKey(last: string | null, key: string): string | null {
  if (last !== null && compareKeys(key, last) <= 0) return last;
  return isKey(key) ? key : last;
}
