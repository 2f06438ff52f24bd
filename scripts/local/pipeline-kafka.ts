import type { Command } from 'commander';
import type { Kafka } from 'kafkajs';
import type { KAFKA_AUTHENTICATIONS } from '../../lambda/shared/environment';
import { ConfigurationError } from '../../lambda/shared/errors';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { REGION } from '../../lib/config';
import { AwsError } from '../aws/aws-call';
import {
  type DeployedPipeline,
  type DeployedPipelineOptions,
  deployedPipeline,
  withPipelineOptions,
} from '../aws/deployed-pipeline';
import {
  findKafkaClientLogin,
  runOnKafkaClient,
  type SshOptions,
  withSshOptions,
} from '../aws/kafka-client-login';
import type { SshTarget } from '../aws/ssh';
import { stackOutputs } from '../aws/stack-outputs';
import { brokers, kafkaAuthenticationOption } from '../options/pipeline-options';
import { tell, tellNotices } from '../terminal/kafka-notices';
import { findRunningPipeline } from './local-pipeline';

/** The options that say which pipeline a command about its topics is about. */
export interface PipelineKafkaOptions extends DeployedPipelineOptions, SshOptions {
  readonly brokers?: readonly string[];
  readonly kafkaAuthentication: (typeof KAFKA_AUTHENTICATIONS)[number];
  readonly json?: true;
}

/** The topics of a pipeline whose brokers can be reached from here. */
export interface PipelineKafka {
  readonly kafka: Kafka;
  readonly userId: string;
}

/** Help on how a command finds its pipeline. */
export const PIPELINE_KAFKA_HELP = `
It is about the pipeline that "npm start -- --keep" runs. Where none does, or with --user-id or -c, about the one that "npm
run deploy:local" has left on the emulator; where there is none either, or with --aws, about the one on AWS. Only the Kafka
client of that one reaches its brokers, so its own command of this kind runs there, by SSH. With --brokers and --user-id it
is about any other Kafka that can be reached from here.

Exit status: 0 done; 2 bad use, or Kafka cannot be read; on AWS that of the command there.`;

/** Adds the options that say which pipeline a command about its topics is about. */
export const withPipelineKafkaOptions = (command: Command): Command =>
  withSshOptions(withPipelineOptions(command))
    .option(
      '--brokers <list>',
      'a Kafka that can be reached from here: host:port, several separated by commas',
      brokers,
    )
    .addOption(kafkaAuthenticationOption())
    .option('--json', 'write JSON Lines; not available on AWS');

/**
 * Does something with the topics of a pipeline: here where its brokers can be reached, and otherwise, on AWS, by the
 * command of the Kafka client.
 *
 * @param here settles with the exit status
 * @param clientCommand what to run on the Kafka client
 * @throws ConfigurationError for options that contradict each other, and --json on AWS.
 * @throws AwsError when no pipeline runs on this machine and none is on AWS.
 */
export async function withPipelineKafka(
  options: PipelineKafkaOptions,
  here: (pipeline: PipelineKafka) => Promise<number>,
  clientCommand: readonly string[],
): Promise<number> {
  const servers = serversOf(options);
  if (servers !== undefined) return await here(servers);
  const pipeline = deployedPipeline(options);
  const { account, config } = pipeline;
  if (account.isEmulator) {
    const { bootstrapServers } = await stackOutputs(account, config.userId, 'KafkaCluster');
    return await here(connected(bootstrapServers.split(','), config.userId));
  }
  const login = await findLogin(pipeline, options);
  if (options.json === true) {
    throw new ConfigurationError(
      '--json is for a pipeline on this machine: on AWS the command of the Kafka client prints its own text.',
    );
  }
  return await runOnKafkaClient(login, clientCommand);
}

/** @returns `undefined` for a deployed pipeline. */
function serversOf(options: PipelineKafkaOptions): PipelineKafka | undefined {
  const { brokers: own, kafkaAuthentication, userId } = options;
  if (own !== undefined) {
    if (userId === undefined) throw new ConfigurationError('--brokers and --user-id go together: give both.');
    return connected(own, userId, kafkaAuthentication);
  }
  if (kafkaAuthentication !== 'none') {
    throw new ConfigurationError(
      '--kafka-authentication is for your own Kafka: allowed together with --brokers.',
    );
  }
  const running = namesDeployed(options) ? undefined : findRunningPipeline();
  if (running === undefined) return undefined;
  tell(`On this machine, user id ${running.userId}.`);
  return connected(running.brokers.split(','), running.userId);
}

/** Whether the options are about a deployed pipeline, whatever runs on this machine. */
const namesDeployed = ({ aws, userId, context }: PipelineKafkaOptions): boolean =>
  aws === true || userId !== undefined || context.length > 0;

async function findLogin(pipeline: DeployedPipeline, options: PipelineKafkaOptions): Promise<SshTarget> {
  try {
    return await findKafkaClientLogin(pipeline, options);
  } catch (error) {
    if (namesDeployed(options) || !(error instanceof AwsError)) throw error;
    throw new AwsError(
      `No pipeline runs on this machine: start one with "npm start -- --keep" or "npm run deploy:local". On AWS: ${error.message}`,
      error.code,
      { cause: error },
    );
  }
}

const connected = (
  bootstrap: readonly string[],
  userId: string,
  authentication: PipelineKafkaOptions['kafkaAuthentication'] = 'none',
): PipelineKafka => ({
  kafka: createKafka(
    { brokers: bootstrap, authentication, region: process.env['AWS_REGION'] || REGION },
    tellNotices,
  ),
  userId,
});
