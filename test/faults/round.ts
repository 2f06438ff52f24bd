import { rowRandom } from '../../lambda/sample-loader/row-random';
import type { StreamReport } from '../../lambda/verifier/report';
import type { Fault } from './fault';
import { FaultPipeline } from './fault-pipeline';
import type { FaultServers } from './fault-servers';

/** What a round of a fault found, added up over the three tables. */
export interface RoundResult {
  /** Rows of the tables in the end. */
  readonly rows: number;
  /** Rows that are not in the topics, nor among the dead letters. */
  readonly missing: number;
  /** Records and dead letters that are about no row. */
  readonly extra: number;
  /** Records whose content is not the row's. */
  readonly changed: number;
  /** Records that repeat a row. */
  readonly duplicated: number;
  /** Rows that the emitter said were committed and that are not in the topics. */
  readonly falselyAcknowledged: number;
  /** From the fault to the next commit, in milliseconds; `undefined` where nothing was to be committed. */
  readonly recoverMs: number | undefined;
  /** What else the fault has measured. */
  readonly figures: readonly string[];
}

/** Rows of each table: enough for three transactions and a part of one. */
const ROWS = 9_000;

/**
 * One round of a fault.
 *
 * @throws Error when the emitter did or said something else than it should have.
 */
export async function playRound(
  fault: Fault,
  seed: number,
  servers: FaultServers,
  rows = fault.rows ?? ROWS,
): Promise<RoundResult> {
  const pipeline = await FaultPipeline.create(servers, seed, rows);
  try {
    if (fault.fill === undefined) await pipeline.addPosts(rows);
    else await fault.fill(pipeline);
    await fault.happen(pipeline, rowRandom(seed, 0, 0));
    const report = await pipeline.verify();
    const streams = Object.values(report.streams);
    const sum = (of: (stream: StreamReport) => number): number =>
      streams.reduce((total, stream) => total + of(stream), 0);
    return {
      rows: sum(({ rows }) => rows),
      missing: sum(({ missing }) => missing),
      extra: sum(({ extra, strayDeadLetters }) => extra + strayDeadLetters) + report.unknownDeadLetters,
      changed: sum(({ changed }) => changed),
      duplicated: sum(({ duplicate }) => duplicate),
      falselyAcknowledged: pipeline.falselyAcknowledged(report),
      recoverMs: pipeline.recoverMs,
      figures: pipeline.figures,
    };
  } finally {
    await pipeline.remove();
  }
}
