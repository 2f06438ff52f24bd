import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Admin } from 'kafkajs';
import { STREAMS } from '../../lambda/shared/streams';
import type { Artifact } from '../local/artifacts/artifact';
import { artifactFolder } from '../local/artifacts/artifact-folder';
import { type RunningChild, startChild } from '../local/child-processes';
import { classPathFrom, LOG_OPTION, propertiesText } from '../local/java';
import { freePorts } from '../machine/free-ports';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { writePrivateFile } from '../machine/private-file';
import { serverEnvironment } from '../machine/program-environment';
import type { Progress } from '../terminal/progress';
import type { BenchContext, Round, Subject } from './bench-context';
import { checkWritten } from './bench-topics';
import { measure } from './measure';
import { storedBytesOf } from './stored-bytes';
import { withAdmin } from './with-admin';

/** Interval of reading the ends of the topics, in milliseconds. */
const LOOK_EVERY_MS = 200;

/** Timeout for the connector's next record, in milliseconds. */
const STALLED_MS = 120_000;

/** JVM options of Kafka's own script, connect-standalone.sh. */
const HEAP = ['-Xms256M', '-Xmx2G'];

/** Debezium's connector; Kafka Connect itself is among the jars of Kafka. */
const CONNECTOR: Artifact = {
  coordinates: 'io.debezium:debezium-connector-mariadb:3.5.0.Final:plugin:tar.gz',
  sha256: '1ccab832edc5d1e667607361905e70689a308c9e5cb1561d79808084811e938f',
  bytes: 26_972_146,
};

/** The folder with Debezium's connector, downloaded when it is not there yet (27 MB). */
export const debeziumFiles = (progress: Progress): Promise<string> =>
  artifactFolder(
    {
      content: "Debezium's connector for MariaDB",
      artifacts: [CONNECTOR],
      directory: path.join(LOCAL_DIRECTORY, 'debezium'),
      build: async (folder, fileOf) => {
        const plugins = path.join(folder, 'plugins');
        mkdirSync(plugins);
        await promisify(execFile)('tar', ['-xzf', fileOf(CONNECTOR), '-C', plugins]);
      },
    },
    progress,
  );

/** The topics of Debezium for the three tables. */
export const debeziumTopics = ({ servers }: BenchContext, name: string): string[] =>
  STREAMS.map(({ table }) => `${name}.${servers.database.owner.database}.${table}`);

/** Starts Debezium on Kafka Connect, with an offset of its own for each name. */
export async function startDebezium(
  benchContext: BenchContext,
  name: string,
  snapshot: 'initial_only' | 'no_data',
): Promise<RunningChild> {
  const { directory } = benchContext;
  const args = await connectArguments(benchContext, name, snapshot);
  return await startChild({ name, directory, command: 'java', args, environment: serverEnvironment() });
}

/** A snapshot by Debezium on Kafka Connect, from the start of the process until its last record is in the topics. */
export const measureDebezium: Subject = async (benchContext, name): Promise<Round> => {
  const { kafka, rows } = benchContext;
  const records = STREAMS.length * rows;
  const topics = debeziumTopics(benchContext, name);
  let connect: RunningChild | undefined;
  try {
    await debeziumFiles(benchContext.progress);
    const { result: steadySeconds, ...taken } = await withAdmin(kafka, (admin) =>
      measure(
        benchContext,
        async () => {
          connect = await startDebezium(benchContext, name, 'initial_only');
          return connect;
        },
        (process) => untilWritten(admin, process, topics, records),
      ),
    );
    await connect?.stop();
    await checkWritten(kafka, topics, rows);
    const storedBytes = storedBytesOf(benchContext.kafkaData, name);
    return {
      measurements: [{ subject: 'debezium', rows, records, steadySeconds, ...taken, storedBytes }],
    };
  } finally {
    await connect?.stop();
  }
};

/**
 * Waits until the topics have all records; returns the seconds that this took from the first new one on.
 *
 * @param already records that are there. @default 0
 */
export async function untilWritten(
  admin: Admin,
  process: RunningChild,
  topics: readonly string[],
  records: number,
  already = 0,
): Promise<number> {
  let end: string | undefined;
  void process.ended.then((how) => {
    end = how;
  });
  let firstAt: number | undefined;
  let grownAt = performance.now();
  for (let before = already; ; await delay(LOOK_EVERY_MS)) {
    const written = await recordsIn(admin, topics);
    const now = performance.now();
    if (written > before) grownAt = now;
    if (written > already) firstAt ??= now;
    if (firstAt !== undefined && written >= records) return (now - firstAt) / 1000;
    if (end !== undefined || now - grownAt > STALLED_MS) {
      const what = end === undefined ? 'wrote nothing more' : `ended with ${end}`;
      throw new Error(`Kafka Connect ${what} after ${written} of ${records} records. See ${process.logFile}`);
    }
    before = written;
  }
}

async function recordsIn(admin: Admin, topics: readonly string[]): Promise<number> {
  const existing = await admin.listTopics();
  const ends: number[] = [];
  for (const topic of topics.filter((name) => existing.includes(name))) {
    // A topic that is just being created has no leader to ask yet.
    const partitions = await admin.fetchTopicOffsets(topic).catch(() => []);
    ends.push(...partitions.map(({ high }) => Number(high)));
  }
  return ends.reduce((sum, end) => sum + end, 0);
}

/** Builds the arguments of Java, and writes the configuration into a folder of this name. */
async function connectArguments(
  benchContext: BenchContext,
  name: string,
  snapshot: string,
): Promise<string[]> {
  const { servers, kafkaClassPath, directory, progress } = benchContext;
  const folder = path.join(directory, name);
  mkdirSync(folder, { recursive: true });
  const [port] = await freePorts(1);
  const bootstrap = servers.kafka.bootstrapServers.join(',');
  const { host, port: databasePort, user, password } = servers.database.admin;
  const files = {
    'worker.properties': {
      'bootstrap.servers': bootstrap,
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'key.converter.schemas.enable': false,
      'value.converter.schemas.enable': false,
      'offset.storage.file.filename': path.join(folder, 'offsets'),
      'offset.flush.interval.ms': 5000,
      // Relative to where it runs, because Kafka Connect takes a comma for the end of a path.
      'plugin.path': path.relative(directory, path.join(await debeziumFiles(progress), 'plugins')),
      listeners: `http://127.0.0.1:${port}`,
      'producer.acks': 'all',
      'producer.linger.ms': 5,
      'producer.batch.size': 262_144,
      'producer.compression.type': 'none',
    },
    'connector.properties': {
      name,
      'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
      'tasks.max': 1,
      'database.hostname': host,
      'database.port': databasePort,
      'database.user': user,
      'database.password': password,
      'database.server.id': 4711,
      'topic.prefix': name,
      'database.include.list': servers.database.owner.database,
      'snapshot.mode': snapshot,
      // Nobody alters the tables meanwhile.
      'snapshot.locking.mode': 'none',
      'snapshot.fetch.size': 10_000,
      'max.batch.size': 8192,
      'max.queue.size': 32_768,
      'schema.history.internal.kafka.bootstrap.servers': bootstrap,
      'schema.history.internal.kafka.topic': `${name}.history`,
      transforms: 'unwrap',
      'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
      // The default of the brokers.
      'topic.creation.default.replication.factor': -1,
      'topic.creation.default.partitions': 3,
    },
  };
  for (const [file, properties] of Object.entries(files)) {
    writePrivateFile(path.join(folder, file), propertiesText(properties));
  }
  const configuration = Object.keys(files).map((file) => path.join(folder, file));
  return [
    ...HEAP,
    LOG_OPTION,
    '-cp',
    classPathFrom(directory, kafkaClassPath),
    'org.apache.kafka.connect.cli.ConnectStandalone',
    ...configuration,
  ];
}
