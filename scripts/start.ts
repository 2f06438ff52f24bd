import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { Kafka } from 'kafkajs';
import { addSamplePosts, DEFAULT_ROWS, loadSampleTables } from '../lambda/sample-loader/load-sample-tables';
import { DEFAULT_SEED } from '../lambda/sample-loader/sample-posts';
import { type DatabaseLogin, readCredentialsFile } from '../lambda/shared/database-login';
import { type KAFKA_AUTHENTICATIONS, parseEnvironment } from '../lambda/shared/environment';
import { ConfigurationError } from '../lambda/shared/errors';
import { createKafka } from '../lambda/shared/kafka/kafka-client';
import { checkTopics } from '../lambda/shared/kafka/topic-facts';
import { topicsOf } from '../lambda/shared/streams';
import { type DatabaseTls, databaseTlsText } from '../lambda/shared/trusted-certificates';
import { REGION } from '../lib/config';
import { beforeServersStop } from './local/child-processes';
import { type CopyReport, copyAndVerify } from './local/copy';
import { copyText } from './local/copy-text';
import { writeCredentialsFile } from './local/database-logins';
import { EmitterProcess } from './local/emitter-process';
import { firstRecords } from './local/first-records';
import { announcePipeline, runningPipeline } from './local/local-pipeline';
import { type LocalServers, startLocalServers } from './local/pipeline-servers';
import { createTopics } from './local/topics';
import { LOCAL_DIRECTORY } from './machine/paths';
import { kafkaAuthenticationOption, shards, tlsOption, userId } from './options/pipeline-options';
import type { EmitterRunError } from './runs/emitter-run-error';
import { commandLine, runWhenMain } from './terminal/command';
import { tellNotices } from './terminal/kafka-notices';
import { wholeNumber } from './terminal/option-values';
import { type Progress, terminalProgress } from './terminal/progress';

/** Records of each topic that are shown. */
const SHOWN_RECORDS = 2;

interface Options {
  readonly userId?: string;
  readonly rows?: number;
  readonly seed?: number;
  readonly keep?: true;
  readonly every: number;
  readonly shards: number;
  readonly add?: number;
  readonly creds?: string;
  readonly tls?: DatabaseTls;
  readonly brokers?: string;
  readonly kafkaAuthentication: (typeof KAFKA_AUTHENTICATIONS)[number];
  readonly createTopics?: true;
  readonly json?: true;
}

const command = new Command('npm start --')
  .description(
    'Runs the pipeline on this machine: real tables into real topics, and the proof that every row arrived once.',
  )
  .option('--rows <n>', `rows of each sample table (default: ${DEFAULT_ROWS})`, wholeNumber)
  .option('--seed <n>', `other sample rows (default: ${DEFAULT_SEED})`, wholeNumber)
  .option('--user-id <id>', 'what the topics begin with (default: "local")', userId)
  .option('--keep', 'leave the servers up and go on emitting, until Ctrl-C')
  .option('--every <seconds>', 'with --keep: how often to emit', wholeNumber, 10)
  .option('--shards <n>', 'emitters beside each other, each with a part of the keys', shards, 1)
  .option(
    '--add <n>',
    'insert that many posts into the tables of a pipeline that runs with --keep',
    wholeNumber,
  )
  .option(
    '--creds <file>',
    'use your own database: a db_creds.yaml with HOST, PORT, USER, PASSWORD, DATABASE',
  )
  .addOption(tlsOption())
  .option('--brokers <list>', 'use your own Kafka: host:port, several separated by commas')
  .addOption(kafkaAuthenticationOption())
  .option('--create-topics', 'with --brokers: create the topics that are missing')
  .option('--json', 'write the result as JSON')
  .addHelpText(
    'after',
    `
Examples:
  npm start
  npm start -- --rows 1000000
  npm start -- --rows 1000000 --shards 2
  npm start -- --keep                 and, in a second terminal: npm start -- --add 100
  npm start -- --creds db_creds.yaml --brokers 127.0.0.1:9092 --user-id 0ab1234c --create-topics`,
  );

/** `npm start` */
export const start = commandLine(command, async (options: Options) => {
  refuseContradictions(options);
  const progress = terminalProgress();
  if (options.add !== undefined) return await add(options.add, progress);
  if (options.creds !== undefined) return await copyBetweenOwnServers(options, progress);
  return await copyBetweenLocalServers(options, progress);
});

runWhenMain(module, start);

function refuseContradictions(options: Options): void {
  const own = [options.creds, options.brokers].filter((value) => value !== undefined).length;
  if (own === 1 || (own === 2 && options.userId === undefined)) {
    throw new ConfigurationError('--creds, --brokers and --user-id go together: give all three or none.');
  }
  if (own === 2 && (options.rows ?? options.seed ?? options.keep) !== undefined) {
    throw new ConfigurationError(
      '--rows, --seed and --keep are for the servers of this project: leave them out with --creds.',
    );
  }
  if (own === 0 && options.tls !== undefined) {
    throw new ConfigurationError('--tls is for your own database: allowed together with --creds.');
  }
  if (own === 0 && options.kafkaAuthentication !== 'none') {
    throw new ConfigurationError(
      '--kafka-authentication is for your own Kafka: allowed together with --brokers.',
    );
  }
  if (own === 0 && options.createTopics) {
    throw new ConfigurationError('--create-topics is for your own Kafka: allowed together with --brokers.');
  }
}

/** The whole demonstration, on servers of this project that begin empty. */
async function copyBetweenLocalServers(options: Options, progress: Progress): Promise<number> {
  const directory = path.join(LOCAL_DIRECTORY, 'pipeline');
  const id = options.userId ?? 'local';
  const servers = await startLocalServers({ directory, fresh: true, progress });
  try {
    await loadSampleTables(servers.database.owner, { rows: options.rows, seed: options.seed, progress });
    const creds = path.join(directory, 'db_creds.yaml');
    const ownerCreds = path.join(directory, 'owner_db_creds.yaml');
    writeCredentialsFile(creds, servers.database.emitter);
    writeCredentialsFile(ownerCreds, servers.database.owner);
    const brokers = servers.kafka.bootstrapServers.join(',');
    const pipeline = connect(
      { creds, tls: 'off', brokers, authentication: 'none', userId: id, shards: options.shards },
      directory,
    );
    await createTopics(pipeline.kafka, id);
    try {
      const status = await copy(pipeline, servers.database.emitter, options, progress);
      if (options.keep === true && status === 0) {
        const withdraw = announcePipeline({ userId: id, brokers, creds, ownerCreds });
        beforeServersStop(async () => withdraw());
        await keepEmitting(pipeline.emitters, servers, { creds, ownerCreds }, options.every, progress);
      }
      return status;
    } finally {
      await stopAll(pipeline.emitters);
    }
  } finally {
    await servers.stop();
  }
}

/** The same between a database and a Kafka that are there already; nothing is started. */
async function copyBetweenOwnServers(options: Options, progress: Progress): Promise<number> {
  const { creds, brokers, userId: id, tls = 'off' } = options as Required<Options>;
  const login = await readCredentialsFile(creds);
  const directory = path.join(LOCAL_DIRECTORY, 'own-servers');
  mkdirSync(directory, { recursive: true });
  const pipeline = connect(
    {
      creds: path.resolve(creds),
      tls,
      brokers,
      authentication: options.kafkaAuthentication,
      userId: id,
      shards: options.shards,
    },
    directory,
  );
  try {
    if (options.createTopics === true) await createTopics(pipeline.kafka, id);
    for (const { message } of await checkTopics(pipeline.kafka, id)) progress.note(message);
    return await copy(pipeline, login, options, progress);
  } finally {
    await stopAll(pipeline.emitters);
  }
}

interface Pipeline {
  /** One for each shard. */
  readonly emitters: readonly EmitterProcess[];
  readonly kafka: Kafka;
  readonly userId: string;
}

function connect(
  of: {
    creds: string;
    tls: DatabaseTls;
    brokers: string;
    authentication: Options['kafkaAuthentication'];
    userId: string;
    shards: number;
  },
  directory: string,
): Pipeline {
  const variables = {
    USER_ID: of.userId,
    KAFKA_BROKERS: of.brokers,
    KAFKA_AUTHENTICATION: of.authentication,
    AWS_REGION: process.env['AWS_REGION'] || REGION,
    DATABASE_CREDENTIALS_FILE: of.creds,
    DATABASE_TLS: databaseTlsText(of.tls),
    SHARDS: `${of.shards}`,
  };
  const kafka = createKafka(parseEnvironment(variables).kafka, tellNotices);
  const log = path.join(directory, 'emitter.log');
  const emitters = Array.from({ length: of.shards }, () => new EmitterProcess(variables, log));
  beforeServersStop(() => stopAll(emitters));
  return { emitters, kafka, userId: of.userId };
}

async function stopAll(emitters: readonly EmitterProcess[]): Promise<void> {
  await Promise.all(emitters.map((emitter) => emitter.stop()));
}

async function copy(
  pipeline: Pipeline,
  login: DatabaseLogin,
  options: Options,
  progress: Progress,
): Promise<number> {
  const report: CopyReport = await copyAndVerify({ ...pipeline, login, tls: options.tls, progress });
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  } else {
    const records = await firstRecords(
      pipeline.kafka,
      pipeline.userId,
      topicsOf(pipeline.userId),
      SHOWN_RECORDS,
    );
    process.stdout.write(`${copyText(report, records)}\n`);
  }
  return report.verification.equal ? 0 : 1;
}

/** Emits on a schedule, as EventBridge does on AWS: a run that fails is followed by the next one. */
async function keepEmitting(
  emitters: readonly EmitterProcess[],
  { kafka, database }: LocalServers,
  files: { readonly creds: string; readonly ownerCreds: string },
  everySeconds: number,
  progress: Progress,
): Promise<never> {
  const { host, port, database: name, user } = database.owner;
  progress.note(`
Kafka      ${kafka.bootstrapServers.join(',')}
MariaDB    mariadb --host ${host} --port ${port} --user ${user} --password ${name}
           passwords: ${files.ownerCreds} (may write), ${files.creds} (may read)
Emitting every ${everySeconds} s until Ctrl-C. In a second terminal: npm start -- --add 100, npm run verify
`);
  for (;;) {
    await delay(everySeconds * 1_000);
    await Promise.all(
      emitters.map(async (emitter, shard) => {
        const outcome = await emitter.invoke({ shard }).then(
          ({ summary }) => JSON.stringify(summary),
          (error: EmitterRunError) => {
            if (error.name === 'Crashed') throw error;
            return `${error.name}: ${error.message}`;
          },
        );
        progress.note(`${new Date().toISOString()} ${outcome}`);
      }),
    );
  }
}

async function add(posts: number, progress: Progress): Promise<number> {
  const owner = await readCredentialsFile(runningPipeline().ownerCreds);
  const { firstKey, lastKey } = await addSamplePosts(owner, posts, { progress });
  process.stdout.write(`${JSON.stringify({ added: posts, firstKey, lastKey })}\n`);
  return 0;
}
