import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { STREAMS } from '../../lambda/shared/streams';
import type { BrokerPorts } from '../local/kafka';
import { startLocalServers } from '../local/pipeline-servers';
import { createTopics } from '../local/topics';
import { grouped } from '../terminal/grouped';
import type { Progress } from '../terminal/progress';
import type { BenchContext } from './bench-context';
import { checkCommitted, deleteTopics, streamTopics } from './bench-topics';
import { synthesizeEmitter } from './deployed-emitter';
import { DistantBrokers } from './distant-brokers';
import { emitAll, emitterOf } from './emitter-subject';
import type { LatencyRound } from './latency-report';
import { measure } from './measure';

const NODES = [1, 2, 3] as const;

/** Time for the other brokers to hear of new topics, in milliseconds. */
const TOPICS_KNOWN_MS = 2_000;

/** Plan of the benchmark at a network's latency. */
export interface LatencyPlan {
  /** Delays of each direction, in milliseconds; none is always measured beside them. */
  readonly latencies: readonly number[];
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
}

/**
 * Measures the emitter, cold, with three brokers at several distances, in turn. A record is acknowledged when two of
 * them have it; what the brokers say to each other is not delayed.
 *
 * @throws Error when the emitter fails, or has not written every row.
 */
export async function runLatencyBench(
  { latencies, rows, rounds }: LatencyPlan,
  directory: string,
  progress: Progress,
): Promise<LatencyRound[]> {
  const files = path.join(directory, 'files');
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { recursive: true });
  const emitter = synthesizeEmitter(path.join(files, 'stacks'));
  const distant = new DistantBrokers();
  const ports = await Promise.all(NODES.map((nodeId) => distant.open(nodeId)));
  const servers = await startLocalServers({
    directory: path.join(directory, 'servers'),
    brokers: NODES.length,
    fresh: true,
    kafkaProperties: (broker) => {
      distant.leadTo(broker.nodeId, broker.sparePort);
      return propertiesOf(broker, ports[broker.nodeId - 1] as number);
    },
    progress,
  });
  try {
    const kafka = createKafka({
      brokers: servers.kafka.bootstrapServers,
      authentication: 'none',
      region: 'local',
    });
    await loadSampleTables(servers.database.owner, { rows, progress });
    const bootstrapServers = ports.map((port) => `127.0.0.1:${port}`);
    const context = {
      servers: { ...servers, kafka: { ...servers.kafka, bootstrapServers } },
      emitter,
      kafka,
      rows,
    };
    const measured: LatencyRound[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const latency of new Set([0, ...latencies])) {
        const name = `distant-${latency}-${round}`;
        const step = progress.step(`${grouped(rows)} rows, ${latency} ms each way, round ${round}`);
        const own = path.join(files, name);
        mkdirSync(own);
        distant.delayMs = latency;
        measured.push(await measureAt(latency, { ...context, directory: own }, distant, name));
        await deleteTopics(kafka, name);
        step.done();
      }
    }
    return measured;
  } finally {
    await servers.stop();
    await distant.close();
    for (const server of ['kafka', 'mariadb'])
      rmSync(path.join(directory, 'servers', server, 'data'), { recursive: true, force: true });
  }
}

async function measureAt(
  latencyMs: number,
  context: Pick<BenchContext, 'servers' | 'emitter' | 'kafka' | 'rows' | 'directory'>,
  { counts }: DistantBrokers,
  name: string,
): Promise<LatencyRound> {
  const { kafka, rows, directory } = context;
  await createTopics(kafka, name);
  await delay(TOPICS_KNOWN_MS);
  const start = await emitterOf(context, name);
  counts.take();
  const began = performance.now();
  let firstCommitMs = 0;
  const emitter = start();
  try {
    const { seconds, usage } = await measure(
      context,
      () => emitter,
      (process) =>
        emitAll(process, {}, () => {
          firstCommitMs ||= performance.now() - began;
        }),
    );
    const totals = counts.take();
    await checkCommitted(kafka, streamTopics(name), rows);
    return {
      ...{ latencyMs, seconds, firstCommitMs, ...totals },
      records: STREAMS.length * rows,
      cpuSeconds: usage.own.cpuSeconds,
      peakBytes: usage.own.peakBytes,
      warnings: warningsIn(readFileSync(path.join(directory, 'emitter.log'), 'utf8')),
    };
  } finally {
    await emitter.stop();
  }
}

const warningsIn = (log: string): number =>
  log.split('\n').filter((line) => /"level":"(WARN|ERROR)"/.test(line)).length;

/** Clients are told the ways that delay; the brokers among each other, and this program, do not take them. */
const propertiesOf = ({ port, controllerPort, sparePort }: BrokerPorts, distantPort: number) => ({
  listeners: [
    `PLAINTEXT://127.0.0.1:${port}`,
    `CONTROLLER://127.0.0.1:${controllerPort}`,
    `DISTANT://127.0.0.1:${sparePort}`,
  ].join(','),
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},DISTANT://127.0.0.1:${distantPort}`,
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,DISTANT:PLAINTEXT',
  'log.segment.delete.delay.ms': 1_000,
});
