import type { Kafka } from 'kafkajs';
import { type Connection, escapeId } from 'mysql2';
import type { DatabaseLogin } from '../../lambda/emitter/database-login';
import { connectToDatabase, rowsOf } from '../../lambda/emitter/mysql-connection';
import { type PerStream, STREAMS } from '../../lambda/emitter/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import type { Progress } from '../terminal/progress';
import type { EmitterProcess } from './emitter-process';

/** What a copy of the tables took. */
export interface CopyReport {
  readonly runs: number;
  readonly rows: number;
  readonly deadLettered: number;
  /** Time of the emitter's runs, from event to answer. */
  readonly elapsedMs: number;
  readonly rowsPerSecond: number;
  /** The most memory of the emitter's process. */
  readonly peakMemoryBytes: number;
  readonly verification: VerificationReport;
}

/** Runs the emitter until it has caught up with the tables, and compares the topics with the tables. */
export async function copyAndVerify({
  emitter,
  kafka,
  userId,
  login,
  progress,
}: {
  readonly emitter: EmitterProcess;
  readonly kafka: Kafka;
  readonly userId: string;
  readonly login: DatabaseLogin;
  readonly progress: Progress;
}): Promise<CopyReport> {
  const database = await connectToDatabase(login, 'off');
  try {
    const emitting = progress.step('Emitting', await countRows(database));
    const total = { runs: 0, rows: 0, deadLettered: 0, elapsedMs: 0, peakMemoryBytes: 0 };
    try {
      for (let caughtUp = false; !caughtUp; ) {
        let shown = 0;
        const { summary, peakMemoryBytes } = await emitter.invoke({}, (emitted) => {
          const rows = sum(emitted);
          emitting.advance(rows - shown);
          shown = rows;
        });
        total.runs += 1;
        total.rows += sum(summary.emitted);
        total.deadLettered += summary.deadLettered;
        total.elapsedMs += summary.elapsedMs;
        total.peakMemoryBytes = peakMemoryBytes;
        caughtUp = summary.caughtUp;
      }
    } catch (error) {
      emitting.failed();
      throw error;
    }
    emitting.done(`Emitted ${total.rows.toLocaleString('en')} rows`);
    const verifying = progress.step('Comparing every record with every row');
    const verification = await verifyPipeline({ userId, kafka, database });
    verifying.done();
    return { ...total, rowsPerSecond: Math.round((total.rows / total.elapsedMs) * 1000), verification };
  } finally {
    database.destroy();
  }
}

const sum = (counts: PerStream<number>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

async function countRows(database: Connection): Promise<number> {
  const counts = STREAMS.map(({ table }) => `(SELECT COUNT(*) FROM ${escapeId(table)})`);
  return Number((await rowsOf(database, { sql: `SELECT ${counts.join(' + ')}` }))[0]?.[0]);
}
