import type { Kafka } from 'kafkajs';
import { type Connection, escapeId } from 'mysql2';
import { hasEmitted } from '../../lambda/emitter/summary';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { withDatabase } from '../../lambda/shared/mysql/with-database';
import { type PerStream, perStream, STREAMS } from '../../lambda/shared/streams';
import type { DatabaseTls } from '../../lambda/shared/trusted-certificates';
import type { VerificationReport } from '../../lambda/verifier/report';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import { untilCaughtUp } from '../runs/until-caught-up';
import { grouped } from '../terminal/grouped';
import type { Progress } from '../terminal/progress';
import type { EmitterProcess } from './emitter-process';

/** Result of a copy of the tables. */
export interface CopyReport {
  readonly runs: number;
  readonly rows: number;
  /** Keys that had changed and were read again, over the three tables. */
  readonly followed: number;
  /** The same by stream. */
  readonly byStream: PerStream<{ readonly rows: number; readonly followed: number }>;
  readonly deadLettered: number;
  /** From the first event to the answer of the last run that had something to emit. */
  readonly elapsedMs: number;
  readonly rowsPerSecond: number;
  /** The most memory of the emitter's process, of all of them where it has several shards. */
  readonly peakMemoryBytes: number;
  readonly verification: VerificationReport;
}

/** Runs the shards of the emitter concurrently until they have caught up, and compares the topics with the tables. */
export async function copyAndVerify({
  emitters,
  kafka,
  userId,
  login,
  tls = 'off',
  progress,
}: {
  /** One for each shard. */
  readonly emitters: readonly EmitterProcess[];
  readonly kafka: Kafka;
  readonly userId: string;
  readonly login: DatabaseLogin;
  /** @default 'off' */
  readonly tls?: DatabaseTls;
  readonly progress: Progress;
}): Promise<CopyReport> {
  const emitting = progress.step('Emitting', await withDatabase(login, tls, countRows));
  const began = performance.now();
  const total = { runs: 0, rows: 0, followed: 0, deadLettered: 0, elapsedMs: 0 };
  const byStream = perStream(() => ({ rows: 0, followed: 0 }));
  const peaks = new Map<number, number>();
  try {
    await untilCaughtUp(emitters.length, async (shard) => {
      let shown = 0;
      const run = await (emitters[shard] as EmitterProcess).invoke({ shard }, (emitted) => {
        const rows = sum(emitted);
        emitting.advance(rows - shown);
        shown = rows;
      });
      total.runs += 1;
      total.rows += sum(run.summary.emitted);
      total.followed += sum(run.summary.followed);
      for (const { name } of STREAMS) {
        byStream[name].rows += run.summary.emitted[name];
        byStream[name].followed += run.summary.followed[name];
      }
      total.deadLettered += run.summary.deadLettered;
      if (total.elapsedMs === 0 || hasEmitted(run.summary)) total.elapsedMs = performance.now() - began;
      peaks.set(shard, run.peakMemoryBytes);
      return run.summary;
    });
  } catch (error) {
    emitting.failed();
    throw error;
  }
  emitting.done(`Emitted ${grouped(total.rows)} rows`);
  const verifying = progress.step('Comparing every record with every row');
  const verification = await withDatabase(login, tls, (database) =>
    verifyPipeline({ userId, kafka, database }),
  );
  verifying.done();
  return {
    ...total,
    byStream,
    elapsedMs: Math.round(total.elapsedMs),
    rowsPerSecond: Math.round((total.rows / total.elapsedMs) * 1000),
    peakMemoryBytes: [...peaks.values()].reduce((all, bytes) => all + bytes, 0),
    verification,
  };
}

const sum = (counts: PerStream<number>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

async function countRows(database: Connection): Promise<number> {
  const counts = STREAMS.map(({ table }) => `(SELECT COUNT(*) FROM ${escapeId(table)})`);
  return Number((await rowsOf(database, { sql: `SELECT ${counts.join(' + ')}` }))[0]?.[0]);
}
