import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Kafka } from 'kafkajs';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { type DatabaseLogin, readCredentialsFile } from '../../lambda/shared/database-login';
import { type KAFKA_AUTHENTICATIONS, parseEnvironment } from '../../lambda/shared/environment';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { checkTopics } from '../../lambda/shared/kafka/topic-facts';
import { topicsOf } from '../../lambda/shared/streams';
import { type DatabaseTls, databaseTlsText } from '../../lambda/shared/trusted-certificates';
import { REGION } from '../../lib/config';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { tellNotices } from '../terminal/kafka-notices';
import type { Progress } from '../terminal/progress';
import { beforeServersStop } from './child-processes';
import { type CopyReport, copyAndVerify } from './copy';
import { copyText } from './copy-text';
import { writeCredentialsFile } from './database-logins';
import { EmitterProcess } from './emitter-process';
import { firstRecords } from './first-records';
import { makeChanges } from './follow-demonstration';
import { type FollowReport, followText } from './follow-text';
import { keepEmitting } from './keep-emitting';
import { keepView } from './keep-view';
import { announcePipeline } from './local-pipeline';
import { startLocalServers } from './pipeline-servers';
import { createTopics } from './topics';

/** Records of each topic that are shown. */
const SHOWN_RECORDS = 2;

type KafkaAuthentication = (typeof KAFKA_AUTHENTICATIONS)[number];

/** Options of `npm start` that both kinds of servers have. */
export interface CopyOptions {
  /** Begins the names of the topics. @default 'local' */
  readonly userId?: string;
  /** Rows of each sample table. @default 11154 */
  readonly rows?: number;
  readonly seed?: number;
  /** Leaves the servers of this project up, and goes on emitting. */
  readonly keep?: true;
  /** Seconds between two runs with `keep`. */
  readonly every: number;
  readonly shards: number;
  readonly tls?: DatabaseTls;
  readonly createTopics?: true;
  readonly json?: true;
}

/** A database and a Kafka of the user's own. */
export interface OwnServers extends CopyOptions {
  /** Path of a `db_creds.yaml`. */
  readonly creds: string;
  readonly brokers: string;
  readonly kafkaAuthentication: KafkaAuthentication;
  readonly userId: string;
}

/** Runs the whole demonstration, on servers of this project that begin empty. */
export async function copyBetweenLocalServers(options: CopyOptions, progress: Progress): Promise<number> {
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
      const { owner } = servers.database;
      const reports = await copy(pipeline, { login: servers.database.emitter, owner }, options, progress);
      const status = statusOf(reports);
      if (options.keep === true && status === 0) {
        const withdraw = announcePipeline({ userId: id, brokers, creds, ownerCreds });
        beforeServersStop(async () => withdraw());
        const access = { userId: id, servers, creds, ownerCreds, everySeconds: options.every };
        await keepEmitting(pipeline.emitters, keepView(access, reports, options.json === true));
      }
      return status;
    } finally {
      await stopAll(pipeline.emitters);
    }
  } finally {
    await servers.stop();
  }
}

/** Copies between a database and a Kafka that already run; starts no server. */
export async function copyBetweenOwnServers(options: OwnServers, progress: Progress): Promise<number> {
  const { creds, brokers, userId: id, tls = 'off' } = options;
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
    return statusOf(await copy(pipeline, { login }, options, progress));
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
    authentication: KafkaAuthentication;
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

/** Copies, lets the tables change where this may be done to them, follows, and compares each time. */
async function copy(
  pipeline: Pipeline,
  { login, owner }: { readonly login: DatabaseLogin; readonly owner?: DatabaseLogin },
  options: CopyOptions,
  progress: Progress,
): Promise<readonly CopyReport[]> {
  const { kafka, userId } = pipeline;
  const copying = { ...pipeline, login, tls: options.tls, progress };
  const report = await copyAndVerify(copying);
  const say = (text: string): void => {
    if (options.json !== true) process.stdout.write(`${text}\n`);
  };
  say(copyText(report, await firstRecords(kafka, userId, topicsOf(userId), SHOWN_RECORDS)));
  const isFollowed = owner !== undefined && report.verification.equal;
  const following = isFollowed ? await follow(owner, report, copying, options) : undefined;
  if (following !== undefined) say(followText(following));
  if (options.json === true) {
    // With --keep it is the first of many lines.
    const indent = options.keep === true ? undefined : 2;
    process.stdout.write(`${JSON.stringify({ ...report, following }, undefined, indent)}\n`);
  }
  return following === undefined ? [report] : [report, following];
}

const statusOf = (reports: readonly CopyReport[]): number =>
  reports.every(({ verification }) => verification.equal) ? 0 : 1;

async function follow(
  owner: DatabaseLogin,
  { verification }: CopyReport,
  copying: Parameters<typeof copyAndVerify>[0],
  { seed }: CopyOptions,
): Promise<FollowReport> {
  const { kafka, userId, progress } = copying;
  const step = progress.step('Changing some rows');
  const { counts, examples } = await makeChanges(
    owner,
    kafka,
    userId,
    verification.streams.pin.rows,
    seed,
  ).catch((error: unknown) => {
    step.failed();
    throw error;
  });
  step.done();
  return { counts, ...(await copyAndVerify(copying)), examples: await examples() };
}
