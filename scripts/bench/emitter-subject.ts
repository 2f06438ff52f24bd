import path from 'node:path';
import type { EmitterVariables } from '../../lambda/shared/environment';
import { STREAMS } from '../../lambda/shared/streams';
import { beforeServersStop } from '../local/child-processes';
import { writeCredentialsFile } from '../local/database-logins';
import { EmitterProcess } from '../local/emitter-process';
import { createTopics } from '../local/topics';
import type { BenchContext, Round, Subject } from './bench-context';
import { checkCommitted, streamTopics } from './bench-topics';
import { builtProgram } from './built-program';
import { measure } from './measure';
import { spreadOf } from './spread';
import { storedBytesOf } from './stored-bytes';

/** Runs that find nothing, whose median is the idle run. */
const IDLE_RUNS = 20;

/**
 * Measures the emitter's real handler, from the bundle that is deployed. Cold: a new process, from its start. Warm: the
 * same process emits everything once more. Plain: another new process, without compression.
 */
export const measureEmitter: Subject = async (benchContext, name): Promise<Round> => {
  const { kafka, rows } = benchContext;
  const records = STREAMS.length * rows;
  const topics = streamTopics(name);
  await createTopics(kafka, name);
  const start = await emitterOf(benchContext, name);

  const began = performance.now();
  let firstCommitMs = 0;
  let emitter = start();
  try {
    const cold = await measure(
      benchContext,
      () => emitter,
      (process) =>
        emitAll(process, {}, () => {
          firstCommitMs ||= performance.now() - began;
        }),
    );
    const storedBytes = storedBytesOf(benchContext.kafkaData, name);
    const ends = await checkCommitted(kafka, topics, rows);
    const warm = await measure(
      benchContext,
      () => emitter,
      (process) => emitAll(process, { from: 0 }),
      { isNew: false },
    );
    const warmEnds = await checkCommitted(kafka, topics, rows, ends);
    await emitter.stop();
    const storedBefore = storedBytesOf(benchContext.kafkaData, name);
    emitter = start({ COMPRESSION: 'none' });
    const plain = await measure(
      benchContext,
      () => emitter,
      (process) => emitAll(process, { from: 0 }),
    );
    const storedPlain = storedBytesOf(benchContext.kafkaData, name) - storedBefore;
    await checkCommitted(kafka, topics, rows, warmEnds);
    await emitter.stop();
    emitter = start();
    const { summary, loadMs } = await emitter.invoke();
    return {
      measurements: [
        { subject: 'emitter-cold', rows, records, ...cold, storedBytes },
        { subject: 'emitter-warm', rows, records, ...warm },
        { subject: 'emitter-plain', rows, records, ...plain, storedBytes: storedPlain },
      ],
      startUp: { rows, loadMs, firstRunMs: summary.elapsedMs, firstCommitMs, idleMs: await idleMs(emitter) },
    };
  } finally {
    await emitter.stop();
  }
};

/** Builds the start of the emitter as a function runs it, with topics of a name. Its log is `emitter.log`. */
export async function emitterOf(
  { servers, emitter, directory }: Pick<BenchContext, 'servers' | 'emitter' | 'directory'>,
  userId: string,
): Promise<(variables?: EmitterVariables) => EmitterProcess> {
  const host = await builtProgram(path.join(__dirname, '../local/emitter-host.ts'), directory);
  const credentials = path.join(directory, 'db_creds.yaml');
  writeCredentialsFile(credentials, servers.database.emitter);
  return (variables = {}) => {
    const process = new EmitterProcess(
      {
        USER_ID: userId,
        KAFKA_BROKERS: servers.kafka.bootstrapServers.join(','),
        KAFKA_AUTHENTICATION: 'none',
        DATABASE_CREDENTIALS_FILE: credentials,
      },
      path.join(directory, 'emitter.log'),
      { args: [host, emitter.bundle], environment: { ...emitter.variables, ...variables } },
    );
    beforeServersStop(() => process.stop());
    return process;
  };
}

/** Runs the emitter until it has caught up: once, unless the tables take longer than a function may run. */
export async function emitAll(
  emitter: EmitterProcess,
  event: { from?: number },
  onCommitted?: () => void,
): Promise<void> {
  const { summary } = await emitter.invoke(event, onCommitted);
  if (!summary.caughtUp) await emitAll(emitter, {});
}

async function idleMs(emitter: EmitterProcess): Promise<number> {
  const runs: number[] = [];
  while (runs.length < IDLE_RUNS) {
    const began = performance.now();
    await emitter.invoke();
    runs.push(performance.now() - began);
  }
  return spreadOf(runs).median;
}
