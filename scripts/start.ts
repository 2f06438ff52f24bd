import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { addSamplePosts, DEFAULT_ROWS } from '../lambda/sample-loader/load-sample-tables';
import { DEFAULT_SEED } from '../lambda/sample-loader/sample-posts';
import { readCredentialsFile } from '../lambda/shared/database-login';
import type { KAFKA_AUTHENTICATIONS } from '../lambda/shared/environment';
import { ConfigurationError } from '../lambda/shared/errors';
import { changePosts } from './local/change-posts';
import {
  type CopyOptions,
  copyBetweenLocalServers,
  copyBetweenOwnServers,
  type OwnServers,
} from './local/copy-between-servers';
import { runningPipeline } from './local/local-pipeline';
import { brokerList, kafkaAuthenticationOption, shards, tlsOption, userId } from './options/pipeline-options';
import { commandLine, runWhenMain } from './terminal/command';
import { wholeNumber } from './terminal/option-values';
import { type Progress, terminalProgress } from './terminal/progress';

interface Options extends CopyOptions {
  readonly creds?: string;
  readonly brokers?: string;
  readonly kafkaAuthentication: (typeof KAFKA_AUTHENTICATIONS)[number];
  readonly add?: number;
  readonly change?: number;
  readonly delete?: number;
}

const command = new Command('npm start --')
  .description(
    'Runs the pipeline on this machine: real tables into real topics, and the proof that every row arrived once.',
  )
  .option('--rows <n>', `rows of each sample table (default: ${DEFAULT_ROWS})`, wholeNumber)
  .option('--seed <n>', `other sample rows (default: ${DEFAULT_SEED})`, wholeNumber)
  .option('--user-id <id>', 'prefix of the topics (default: "local")', userId)
  .option('--keep', 'keep the servers up and keep emitting, until Ctrl-C')
  .option('--every <seconds>', 'with --keep: how often to emit', wholeNumber, 10)
  .option('--shards <n>', 'concurrent emitters, each with a part of the keys', shards, 1)
  .option(
    '--add <n>',
    'insert that many posts into the tables of a pipeline that runs with --keep',
    wholeNumber,
  )
  .option('--change <n>', 'change that many posts of that pipeline', wholeNumber)
  .option('--delete <n>', 'delete that many posts of that pipeline', wholeNumber)
  .option(
    '--creds <file>',
    'use your own database: a db_creds.yaml with HOST, PORT, USER, PASSWORD, DATABASE',
  )
  .addOption(tlsOption())
  .option('--brokers <list>', 'use your own Kafka: host:port, several separated by commas', brokerList)
  .addOption(kafkaAuthenticationOption())
  .option('--create-topics', 'with --brokers: create the topics that are missing')
  .option('--json', 'write the result as JSON; with --keep as one line, and one more for every run')
  .addHelpText(
    'after',
    `
Examples:
  npm start
  npm start -- --rows 1000000
  npm start -- --rows 1000000 --shards 2
  npm start -- --keep                 and, in a second terminal: npm start -- --add 100 --change 10 --delete 5
  npm start -- --creds db_creds.yaml --brokers 127.0.0.1:9092 --user-id 0ab1234c --create-topics`,
  );

/** `npm start` */
export const start = commandLine(command, async (options: Options) => {
  refuseContradictions(options);
  const progress = terminalProgress();
  if ((options.add ?? options.change ?? options.delete) !== undefined)
    return await changeRunning(options, progress);
  if (options.creds !== undefined) return await copyBetweenOwnServers(options as OwnServers, progress);
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

/** Changes the tables of the pipeline that runs in another terminal. */
async function changeRunning(options: Options, progress: Progress): Promise<number> {
  const owner = await readCredentialsFile(runningPipeline().ownerCreds);
  const seed = options.seed ?? randomInt(2 ** 31);
  const changed =
    options.change === undefined ? undefined : await changePosts(owner, 'change', options.change, seed);
  const deleted =
    options.delete === undefined ? undefined : await changePosts(owner, 'delete', options.delete, seed);
  const added =
    options.add === undefined
      ? undefined
      : { added: options.add, ...(await addSamplePosts(owner, options.add, { progress })) };
  process.stdout.write(`${JSON.stringify({ ...added, changed, deleted })}\n`);
  return 0;
}
