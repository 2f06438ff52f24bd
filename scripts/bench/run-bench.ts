import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { type PerStream, perStream } from '../../lambda/shared/streams';
import { serverFiles } from '../local/downloads';
import { type LocalServers, startLocalServers } from '../local/pipeline-servers';
import { grouped } from '../terminal/grouped';
import type { Progress } from '../terminal/progress';
import type { BenchContext, Round, Subject } from './bench-context';
import { deleteTopics } from './bench-topics';
import { measureChanges } from './changes-subject';
import { debeziumFiles, measureDebezium } from './debezium-subject';
import type { DeployedEmitter } from './deployed-emitter';
import { measureEmitter } from './emitter-subject';
import { inStep } from './in-step';
import { measureKcat } from './kcat-subject';
import { measureProducer, measureSelect } from './limit-subjects';
import type { Plan } from './plan';
import { usageOf } from './process-usage';
import { loopPython, measurePython } from './python-subject';
import { recordBytesOf } from './record-bytes';
import type { BenchReport } from './report';
import type { Choice } from './subject-names';

const MEASURE: Readonly<Record<Choice, Subject>> = {
  emitter: measureEmitter,
  debezium: measureDebezium,
  kcat: measureKcat,
  changes: measureChanges,
  python: measurePython,
  select: measureSelect,
  producer: measureProducer,
};

/** Downloads that a subject needs before anything is measured. */
const DOWNLOAD: Partial<Record<Choice, (progress: Progress) => Promise<string>>> = {
  debezium: debeziumFiles,
  changes: debeziumFiles,
  python: loopPython,
};

/** CPU share of one core below which a server is idle. */
const AT_REST = 0.03;

/** Length of a look at idle servers, in milliseconds. */
const REST_MS = 500;

/** Timeout for servers to become idle, in milliseconds. */
const RESTLESS_MS = 60_000;

/** Result of the benchmark's rounds. */
export interface BenchResult extends Pick<BenchReport, 'recordBytes'> {
  readonly rounds: readonly Round[];
}

/**
 * Measures every subject of a plan, on servers of its own that begin empty.
 *
 * @throws Error when a subject fails, or has not written every row.
 */
export async function runBench(
  plan: Plan,
  emitter: DeployedEmitter,
  directory: string,
  progress: Progress,
): Promise<BenchResult> {
  const files = path.join(directory, 'files');
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { recursive: true });
  for (const choice of new Set(plan.sizes.flatMap(({ choices }) => choices)))
    await DOWNLOAD[choice]?.(progress);
  const { kafkaClassPath } = await serverFiles(progress);
  const servers = await startLocalServers({
    directory: path.join(directory, 'servers'),
    fresh: true,
    // Topics are deleted after each measurement; by default their files stay for a minute.
    kafkaProperties: { 'log.segment.delete.delay.ms': 1_000 },
    progress,
  });
  try {
    const kafka = createKafka({
      brokers: servers.kafka.bootstrapServers,
      authentication: 'none',
      region: 'local',
    });
    const rounds: Round[] = [];
    let recordBytes: PerStream<number> = perStream(() => 0);
    for (const { rows, rounds: count, choices } of plan.sizes) {
      await loadSampleTables(servers.database.owner, { rows, progress });
      recordBytes = await recordBytesOf(kafka, servers, `sizes-${rows}`, files);
      const benchContext: BenchContext = {
        ...{ servers, kafkaClassPath, kafka, emitter, directory: files, rows, recordBytes, progress },
        kafkaData: path.join(directory, 'servers', 'kafka', 'data', 'broker-1'),
        pythonSeconds: plan.pythonSeconds,
      };
      for (let round = 1; round <= count; round++) {
        for (const choice of choices) {
          const title = `${grouped(rows)} rows, round ${round} of ${count}: ${choice}`;
          rounds.push(await measureOne(benchContext, MEASURE[choice], `${choice}-${rows}-${round}`, title));
        }
      }
    }
    return { rounds, recordBytes };
  } finally {
    await servers.stop();
    for (const server of ['kafka', 'mariadb']) {
      rmSync(path.join(directory, 'servers', server, 'data'), { recursive: true, force: true });
    }
  }
}

async function measureOne(
  benchContext: BenchContext,
  measure: Subject,
  name: string,
  title: string,
): Promise<Round> {
  await atRest(benchContext.servers);
  try {
    return await inStep(benchContext.progress, title, () => measure(benchContext, name));
  } finally {
    await deleteTopics(benchContext.kafka, name);
  }
}

/** Waits until the servers have finished earlier work. */
async function atRest({ kafka, database }: LocalServers): Promise<void> {
  const pids = [...kafka.brokers.map(({ pid }) => pid), database.pid];
  const spent = (): number => pids.reduce((sum, pid) => sum + usageOf(pid).cpuSeconds, 0);
  // Files are deleted a second later.
  await delay(1_500);
  for (const end = Date.now() + RESTLESS_MS; Date.now() < end; ) {
    const before = spent();
    await delay(REST_MS);
    if (spent() - before <= (AT_REST * REST_MS) / 1000) return;
  }
}
