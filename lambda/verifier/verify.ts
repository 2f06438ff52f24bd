import { settledAll } from '../shared/settled-all';
import { type PerStream, perStream, STREAMS, type Stream, type StreamName, topicOf } from '../shared/streams';
import { findDifferences, NO_DIFFERENCES } from './differences';
import { DifferingKeys } from './differing-keys';
import type { Column, RecordSource, RowSource } from './ports';
import type { StreamReport, VerificationReport } from './report';
import { StreamSums } from './stream-sums';

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
export async function verify(options: VerifyOptions): Promise<VerificationReport> {
  const { rows, records, now = () => performance.now() } = options;
  const startedAt = now();
  const columns = {} as PerStream<readonly Column[]>;
  for (const stream of STREAMS) columns[stream.name] = await rows.columns(stream);

  const sums = perStream(() => new StreamSums());
  let unknownDeadLetters = 0;
  const readRows = async (): Promise<void> => {
    for (const stream of STREAMS)
      await rows.read(stream, (key, fingerprint) => sums[stream.name].addRow(key, fingerprint));
  };
  const readRecords = (): Promise<void> =>
    records.read(STREAMS, columns, {
      record: (stream, key, fingerprint, _place, change) =>
        sums[stream].addRecord(key, fingerprint, change !== undefined),
      deadLetter: (stream, key, fingerprint) => sums[stream].addDeadLetter(key, fingerprint),
      unknownDeadLetter: () => {
        unknownDeadLetters += 1;
      },
    });
  await settledAll([readRecords(), readRows()]);

  const streams = {} as PerStream<StreamReport>;
  for (const stream of STREAMS)
    streams[stream.name] = await reportOf(stream, sums[stream.name], columns, options);
  return {
    equal: unknownDeadLetters === 0 && Object.values(streams).every(({ equal }) => equal),
    streams,
    unknownDeadLetters,
    elapsedMs: Math.round(now() - startedAt),
  };
}

async function reportOf(
  stream: Stream,
  sums: StreamSums,
  columns: PerStream<readonly Column[]>,
  { userId, rows, records, compacted, keys }: VerifyOptions,
): Promise<StreamReport> {
  const { name, table } = stream;
  const { rows: rowCount, unkeyed } = sums;
  const differing = keys && new DifferingKeys(keys.limit, keys.after?.[table]);
  const buckets = sums.bucketsToCompare();
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
          onKey: (key, sides) => sums.addCompared(key, sides),
          onDeadLettered: (key, fingerprint) => sums.removeRow(key, fingerprint),
          onDiffering: (key) => differing?.add(key),
        });
  const { digest } = sums;
  const { examples, deadLettered, changes, ...others } = found;
  const counts = { ...others, missing: found.missing + unkeyed.missing };
  return {
    table,
    topic: topicOf(userId, name),
    equal: digest.table === digest.topic && Object.values(counts).every((count) => count === 0),
    rows: rowCount,
    records: sums.records,
    ...(changes && { changes }),
    lastKey: sums.lastKey,
    deadLettered: deadLettered + unkeyed.deadLettered,
    ...counts,
    digest,
    examples,
    ...(differing && { differing: differing.page }),
  };
}
