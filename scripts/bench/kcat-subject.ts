import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { STREAMS, type Stream, topicOf } from '../../lambda/shared/streams';
import { type RunningChild, startChild } from '../local/child-processes';
import { serverFiles } from '../local/downloads';
import { createTopics } from '../local/topics';
import { writePrivateFile } from '../machine/private-file';
import { serverEnvironment } from '../machine/program-environment';
import type { BenchContext, Subject } from './bench-context';
import { checkWritten, streamTopics } from './bench-topics';
import { measure } from './measure';
import { outputOf } from './program-output';
import { storedBytesOf } from './stored-bytes';

/** Interval of looking for the programs of a pipe, in milliseconds. */
const LOOK_EVERY_MS = 2;

/** Whether kcat, the command-line client on librdkafka, is installed. */
export function isKcatInstalled(): boolean {
  try {
    execFileSync('kcat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Measures a pipe for each table, all at once: MariaDB's own client prints the rows as JSON, and kcat sends them with an
 * idempotent producer. There is no checkpoint: after a failure it begins again.
 */
export const measureKcat: Subject = async (benchContext, name) => {
  const { kafka, rows } = benchContext;
  await createTopics(kafka, name);
  const starts = await pipesOf(benchContext, name);
  const { result: _, ...taken } = await measure(
    benchContext,
    async () => {
      const pipes = await Promise.all(starts.map((start) => start()));
      const ended = Promise.all(pipes.map(outputOf));
      return { pids: await programsOf(pipes, ended), ended };
    },
    ({ ended }) => ended,
  );
  await checkWritten(kafka, streamTopics(name), rows);
  const storedBytes = storedBytesOf(benchContext.kafkaData, name);
  return {
    measurements: [{ subject: 'kcat', rows, records: STREAMS.length * rows, ...taken, storedBytes }],
  };
};

/** One table's pipe: client, settings, database, statement, brokers, topic. */
const PIPE = `
"$1" --defaults-file="$2" --batch --raw --skip-column-names --quick "$3" -e "$4" |
kcat -P -b "$5" -t "$6" -K $'\\t' -z zstd -X enable.idempotence=true -X topic.partitioner=murmur2_random
`;

/** Builds the start of each table's pipe. */
async function pipesOf(
  { servers, directory, progress }: BenchContext,
  name: string,
): Promise<(() => Promise<RunningChild>)[]> {
  const client = path.join((await serverFiles(progress)).mariaDbBase, 'bin', 'mariadb');
  const login = servers.database.emitter;
  const settings = path.join(directory, `${name}.cnf`);
  const { host, port, user, password, database } = login;
  writePrivateFile(
    settings,
    `[client]\nskip-ssl\nhost=${host}\nport=${port}\nuser=${user}\npassword=${password}\n`,
  );
  const brokers = servers.kafka.bootstrapServers.join(',');
  return await Promise.all(
    STREAMS.map(async (stream) => {
      const topic = topicOf(name, stream.name);
      const values = [client, settings, database, await statementOf(login, stream), brokers, topic];
      return () =>
        startChild({
          name: topic,
          directory,
          command: 'bash',
          args: ['-o', 'pipefail', '-c', PIPE, 'bash', ...values],
          environment: serverEnvironment(),
        });
    }),
  );
}

/** The key and the row as JSON, in the order of the columns. */
async function statementOf(login: DatabaseLogin, { table, keyColumn }: Stream): Promise<string> {
  const connection = await connectToDatabase(login, 'off');
  try {
    const columns = (await rowsOf(connection, { sql: `SHOW COLUMNS FROM ${table}` })).map(
      ([column]) => column,
    );
    const members = columns.map((column) => `'${column}', \`${column}\``);
    return `SELECT \`${keyColumn}\`, JSON_OBJECT(${members.join(', ')}) FROM ${table}`;
  } finally {
    connection.destroy();
  }
}

/** The process ids of the two programs of each pipe. @throws Error when a pipe ends before they are found, saying why. */
async function programsOf(pipes: readonly RunningChild[], ended: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  const over = ended.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    const pids = pipes.map(({ pid }) => childrenOf(pid));
    if (pids.every((programs) => programs.length === 2)) return pids.flat();
    await delay(LOOK_EVERY_MS);
  }
  await over;
  throw new Error('kcat was over before it could be measured: take more rows.');
}

/** https://man7.org/linux/man-pages/man5/proc_tid_children.5.html */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
