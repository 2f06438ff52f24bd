import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { perStream, STREAMS } from '../../lambda/shared/streams';
import { serverFiles } from '../local/downloads';
import { createTopics } from '../local/topics';
import { grouped } from '../terminal/grouped';
import type { Progress } from '../terminal/progress';
import type { BenchContext } from './bench-context';
import { checkCommitted, deleteTopics, streamTopics } from './bench-topics';
import { debeziumFiles, measureDebezium } from './debezium-subject';
import type { DeployedEmitter } from './deployed-emitter';
import { type DistantServers, withDistantServers } from './distant-servers';
import { emitAll, emitterOf } from './emitter-subject';
import { inStep } from './in-step';
import { measureKcat } from './kcat-subject';
import type { LatencyRound } from './latency-figures';
import { measure } from './measure';
import { DISTANT_SUBJECTS, type DistantChoice } from './subject-names';

/** Time for the other brokers to hear of new topics, in milliseconds. */
const TOPICS_KNOWN_MS = 2_000;

const PEERS = { debezium: measureDebezium, kcat: measureKcat } as const;

/** Plan of the benchmark at a network's latency. */
export interface LatencyPlan {
  /** Delays of each direction, in milliseconds; none is always measured beside them. */
  readonly latencies: readonly number[];
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
  /** Subjects in the order in which a round measures them. */
  readonly choices: readonly DistantChoice[];
}

/**
 * Measures the emitter, cold, and its peers with three brokers at several distances, in turn.
 *
 * @throws Error when a subject fails, or has not written every row.
 */
export async function runLatencyBench(
  { latencies, rows, rounds, choices }: LatencyPlan,
  emitter: DeployedEmitter,
  directory: string,
  progress: Progress,
): Promise<LatencyRound[]> {
  const { kafkaClassPath } = await serverFiles(progress);
  if (choices.includes('debezium')) await debeziumFiles(progress);
  return await withDistantServers(directory, progress, async (distantServers) => {
    const { servers, kafka, distant, kafkaData, files } = distantServers;
    await loadSampleTables(servers.database.owner, { rows, progress });
    const shared = { servers, kafka, kafkaClassPath, kafkaData, emitter, rows, progress };
    const measured: LatencyRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const latencyMs of new Set([0, ...latencies])) {
        for (const choice of choices) {
          const name = `${choice}-distant-${latencyMs}-${round}`;
          const own = path.join(files, name);
          mkdirSync(own);
          distant.delayMs = latencyMs;
          const benchContext: BenchContext = {
            ...shared,
            directory: own,
            recordBytes: perStream(() => 0),
            pythonSeconds: 0,
          };
          const title = `${grouped(rows)} rows, ${latencyMs} ms each way, round ${round} of ${rounds}: ${choice}`;
          const found = await inStep(progress, title, () =>
            choice === 'emitter'
              ? measureDistantEmitter(benchContext, distantServers, name)
              : measurePeer(benchContext, choice, name),
          );
          measured.push({ subject: DISTANT_SUBJECTS[choice], rows, latencyMs, ...found });
          await deleteTopics(kafka, name);
        }
      }
    }
    return measured;
  });
}

type Found = Omit<LatencyRound, 'subject' | 'rows' | 'latencyMs'>;

async function measurePeer(
  benchContext: BenchContext,
  choice: keyof typeof PEERS,
  name: string,
): Promise<Found> {
  const { measurements } = await PEERS[choice](benchContext, name);
  const [measurement] = measurements;
  if (measurement === undefined) throw new Error(`Nothing was measured of ${choice}.`);
  const { records, seconds, usage } = measurement;
  return { records, seconds, ...usage.own };
}

async function measureDistantEmitter(
  benchContext: BenchContext,
  { distant: { counts } }: DistantServers,
  name: string,
): Promise<Found> {
  const { kafka, rows, directory } = benchContext;
  await createTopics(kafka, name);
  await delay(TOPICS_KNOWN_MS);
  const start = await emitterOf(benchContext, name);
  counts.take();
  const began = performance.now();
  let firstCommitMs = 0;
  const emitter = start();
  try {
    const { seconds, usage } = await measure(
      benchContext,
      () => emitter,
      (process) =>
        emitAll(process, {}, () => {
          firstCommitMs ||= performance.now() - began;
        }),
    );
    const totals = counts.take();
    await checkCommitted(kafka, streamTopics(name), rows);
    const warnings = warningsIn(readFileSync(path.join(directory, 'emitter.log'), 'utf8'));
    const talk = { firstCommitMs, ...totals, warnings };
    return { records: STREAMS.length * rows, seconds, ...usage.own, talk };
  } finally {
    await emitter.stop();
  }
}

const warningsIn = (log: string): number =>
  log.split('\n').filter((line) => /"level":"(WARN|ERROR)"/.test(line)).length;
