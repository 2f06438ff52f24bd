import { setTimeout as delay } from 'node:timers/promises';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { topicOf } from '../../lambda/shared/streams';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import type { EmitterProcess } from '../local/emitter-process';
import { createTopics } from '../local/topics';
import type { Progress } from '../terminal/progress';
import type { DeployedEmitter } from './deployed-emitter';
import { type DistantServers, withDistantServers } from './distant-servers';
import { emitAll, emitterOf } from './emitter-subject';
import { residentBytesOf } from './process-usage';
import type { SoakResult, SoakRun } from './soak-figures';
import { SteadyWriter, type Written } from './steady-writer';
import { watchRecords } from './visible-records';

/** Topics and consumer group of the emitter. */
const USER_ID = 'soak';

/** Pause between the end of a run and the next one, in milliseconds. */
const PAUSE_MS = 1_000;

/** Timeout of a run, in milliseconds, as a function's that is invoked each minute. */
const RUN_MS = 60_000;

/** Timeout for the last records to become visible, in milliseconds. */
const VISIBLE_MS = 30_000;

/** Plan of a steady load. */
export interface SoakPlan {
  readonly minutes: number;
  /** Delay of each direction to the brokers, in milliseconds. */
  readonly latencyMs: number;
  /** Rows in each table before. */
  readonly rows: number;
}

/**
 * Writes to the tables at a steady rate, lets one emitter run again and again, and measures how long it takes until a reader
 * in read_committed sees each of the posts.
 *
 * @throws Error when a run fails, or the topics do not equal the tables in the end.
 */
export async function runSoak(
  plan: SoakPlan,
  emitter: DeployedEmitter,
  directory: string,
  progress: Progress,
): Promise<SoakResult> {
  return await withDistantServers(directory, progress, async (distantServers) => {
    const { servers, kafka, distant, files } = distantServers;
    await loadSampleTables(servers.database.owner, { rows: plan.rows, progress });
    await createTopics(kafka, USER_ID);
    const start = await emitterOf({ servers, emitter, directory: files }, USER_ID);
    distant.delayMs = plan.latencyMs;
    const process = start();
    const writer = await SteadyWriter.open(servers.database.owner);
    try {
      await emitAll(process, {});
      return await soak(plan, distantServers, process, writer, progress);
    } finally {
      writer.close();
      await process.stop();
    }
  });
}

async function soak(
  plan: SoakPlan,
  servers: DistantServers,
  emitter: EmitterProcess,
  writer: SteadyWriter,
  progress: Progress,
): Promise<SoakResult> {
  const seconds = plan.minutes * 60;
  const committedAt = new Map<string, number>();
  const lagsMs: number[] = [];
  const posts = { inserted: 0, changed: 0, deleted: 0 };
  const runs: SoakRun[] = [];
  const stopWatching = await watchRecords(servers.kafka, topicOf(USER_ID, 'pin'), (keys) => {
    const now = performance.now();
    for (const key of keys) {
      const at = committedAt.get(key);
      if (at !== undefined) lagsMs.push(now - at);
      committedAt.delete(key);
    }
  });
  const step = progress.step(`Writing and emitting for ${plan.minutes} min`, seconds);
  try {
    const began = performance.now();
    let isOver = false;
    const emitting = async (): Promise<void> => {
      while (!isOver) {
        await emitter.invoke({}, undefined, RUN_MS);
        runs.push({ at: (performance.now() - began) / 1_000, residentBytes: residentBytesOf(emitter.pid) });
        await delay(PAUSE_MS);
      }
    };
    const writing = async (): Promise<void> => {
      const note = (kind: Written, keys: readonly number[]): void => {
        const now = performance.now();
        for (const key of keys) committedAt.set(String(key), now);
        posts[kind] += keys.length;
      };
      for (let second = 0; second < seconds; second++) {
        await delay(Math.max(0, began + second * 1_000 - performance.now()));
        await writer.write(note);
        step.advance(1);
      }
    };
    await Promise.all([emitting(), writing().finally(() => (isOver = true))]);
    await emitAll(emitter, {});
    for (const end = Date.now() + VISIBLE_MS; committedAt.size > 0 && Date.now() < end; ) await delay(50);
    await checkEqual(servers, committedAt.size);
    step.done();
  } catch (error) {
    step.failed();
    throw error;
  } finally {
    await stopWatching();
  }
  return { ...plan, ...posts, lagsMs, runs };
}

async function checkEqual({ servers, kafka }: DistantServers, unseen: number): Promise<void> {
  if (unseen > 0) throw new Error(`${unseen} posts were not seen in the topic: nothing is measured by this.`);
  const database = await connectToDatabase(servers.database.owner, 'off');
  try {
    const { equal } = await verifyPipeline({ userId: USER_ID, kafka, database });
    if (!equal) throw new Error('The topics do not equal the tables: nothing is measured by this.');
  } finally {
    database.destroy();
  }
}
