import { settledAll } from '../shared/settled-all';
import { type PerStream, perStream, STREAMS, type Stream, topicOf } from '../shared/streams';
import { BucketSums, bucketOf } from './bucket-sums';
import { findDifferences, NO_DIFFERENCES } from './differences';
import type { Column, RecordSource, RowSource } from './ports';
import type { StreamReport, VerificationReport } from './report';
import { UnkeyedRows } from './unkeyed-rows';

/** Dependencies of {@link verify}. */
export interface VerifyOptions {
  readonly userId: string;
  readonly rows: RowSource;
  readonly records: RecordSource;
  /** The clock, in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/**
 * Compares every record of the topics with every row of the tables.
 *
 * The first pass reduces both sides to sums over a fixed number of buckets of keys. Where all sums agree, and no dead
 * letter is about a key of the bucket, the sides are equal. The keys of other buckets are compared one by one in a
 * second pass. Memory does not grow with the tables; time grows linearly.
 *
 * The result is exact when nobody writes to the tables or topics meanwhile. Rows and transactions that are added while
 * it runs may show up as differences.
 *
 * @throws EmitterError when a table, topic or server cannot be read.
 */
export async function verify({
  userId,
  rows,
  records,
  now = () => performance.now(),
}: VerifyOptions): Promise<VerificationReport> {
  const startedAt = now();
  const columns = {} as PerStream<readonly Column[]>;
  for (const stream of STREAMS) columns[stream.name] = await rows.columns(stream);

  const table = perStream(() => new BucketSums());
  const topic = perStream(() => new BucketSums());
  const unkeyed = perStream(() => new UnkeyedRows());
  const deadLetterBuckets = perStream(() => new Set<number>());
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
      record: (stream, key, fingerprint) => {
        topic[stream].add(key, fingerprint);
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
    const buckets = new Set([...table[name].differingFrom(topic[name]), ...deadLetterBuckets[name]]);
    const found =
      buckets.size === 0
        ? NO_DIFFERENCES
        : await findDifferences({
            stream,
            columns,
            buckets,
            rows,
            records,
            onDeadLettered: (key, fingerprint) => table[name].remove(key, fingerprint),
          });
    const digest = { table: table[name].digest, topic: topic[name].digest };
    const { examples, deadLettered, ...others } = found;
    const counts = { ...others, missing: found.missing + unkeyed[name].missing };
    return {
      table: stream.table,
      topic: topicOf(userId, name),
      equal: digest.table === digest.topic && Object.values(counts).every((count) => count === 0),
      rows: rowCount,
      records: topic[name].count,
      lastKey: lastKey[name],
      deadLettered: deadLettered + unkeyed[name].deadLettered,
      ...counts,
      digest,
      examples,
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
  if (last !== null && (key.length < last.length || (key.length === last.length && key <= last))) return last;
  return /^(0|[1-9]\d{0,18})$/.test(key) ? key : last;
}
