import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import type { EmitSummary } from '../lambda/emitter/summary';
import { readCredentialsFile } from '../lambda/shared/database-login';
import {
  type EmitterVariables,
  type KAFKA_AUTHENTICATIONS,
  parseEnvironment,
} from '../lambda/shared/environment';
import { ConfigurationError } from '../lambda/shared/errors';
import { createKafka } from '../lambda/shared/kafka/kafka-client';
import { checkTopics } from '../lambda/shared/kafka/topic-facts';
import { connectToDatabase } from '../lambda/shared/mysql/mysql-connection';
import { type DatabaseTls, databaseTlsText } from '../lambda/shared/trusted-certificates';
import type { VerificationReport } from '../lambda/verifier/report';
import type { KeysRequest } from '../lambda/verifier/verify';
import { verifyPipeline } from '../lambda/verifier/verify-pipeline';
import { REGION } from '../lib/config';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { invokeFunction } from './aws/invoke-function';
import { stackOutputs } from './aws/stack-outputs';
import { EmitterProcess } from './local/emitter-process';
import { findRunningPipeline } from './local/local-pipeline';
import { LOCAL_DIRECTORY } from './machine/paths';
import { brokerList, kafkaAuthenticationOption, tlsOption } from './options/pipeline-options';
import { mendCheckpoint } from './runs/mend-checkpoint';
import { mendKeys } from './runs/mend-keys';
import type { MendablePipeline } from './runs/mendable-pipeline';
import { reportText } from './runs/report-text';
import { commandLine, runWhenMain } from './terminal/command';
import { tell, tellNotices } from './terminal/kafka-notices';
import { terminalProgress } from './terminal/progress';

/** A database and a Kafka that can be reached from here. */
interface Servers {
  readonly creds: string;
  readonly brokers: string;
  readonly userId: string;
  readonly tls?: DatabaseTls;
}

interface Options extends DeployedPipelineOptions, Partial<Servers> {
  readonly kafkaAuthentication: (typeof KAFKA_AUTHENTICATIONS)[number];
  readonly mend?: true;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run verify --'))
  .description('Compares every record of the topics with every row of the tables.')
  .option('--creds <file>', 'credentials (a db_creds.yaml) of a database that can be reached from here')
  .addOption(tlsOption())
  .option(
    '--brokers <list>',
    'a Kafka that can be reached from here: host:port, several separated by commas',
    brokerList,
  )
  .addOption(kafkaAuthenticationOption())
  .option('--mend', 'first make the topics equal to the tables: the checkpoint, and the keys that differ')
  .option('--json', 'write the report as JSON')
  .addHelpText(
    'after',
    `
With --creds, --brokers and --user-id, between these servers. Otherwise of the pipeline that "npm start -- --keep" runs;
where none does, or with --aws, of the deployed one, by its function inside the VPC.

With --mend the emitter is asked whether the checkpoint is its own. Where it is not, it is set behind the largest key
that the topics hold, which is where the emitter had stopped, and the emitter goes on from there. Then it reads the keys
that differ again, until nothing differs or that does not help.

Exit status: 0 every row is in its topic once; 1 different; 2 bad use, or a server cannot be read.

Example: npm run verify -- --creds db_creds.yaml --brokers 127.0.0.1:9092 --user-id 0ab1234c`,
  );

/** `npm run verify` */
export const verify = commandLine(command, async (options: Options) => {
  const servers = serversOf(options);
  const report = await (servers === undefined ? verifyDeployed(options) : verifyServers(servers, options));
  process.stdout.write(`${options.json ? JSON.stringify(report, undefined, 2) : reportText(report)}\n`);
  return report.equal ? 0 : 1;
});

/** @returns `undefined` for the deployed pipeline. */
function serversOf(options: Options): Servers | undefined {
  const { creds, tls, brokers, userId, aws, context, kafkaAuthentication } = options;
  if (creds !== undefined && brokers !== undefined && userId !== undefined) {
    return { creds, tls, brokers, userId };
  }
  if (creds !== undefined || brokers !== undefined) {
    throw new ConfigurationError('--creds, --brokers and --user-id go together: give all three or none.');
  }
  if (tls !== undefined)
    throw new ConfigurationError('--tls goes with --creds; for a deployed pipeline it is known.');
  if (kafkaAuthentication !== 'none') {
    throw new ConfigurationError(
      '--kafka-authentication is for your own Kafka: allowed together with --brokers.',
    );
  }
  const isDeployed = aws === true || userId !== undefined || context.length > 0;
  return isDeployed ? undefined : findRunningPipeline();
}

/** Compares, after the pipeline was mended where that is asked for. */
async function verifyPipelineOf(pipeline: MendablePipeline, { mend }: Options): Promise<VerificationReport> {
  if (mend !== true) return await pipeline.verify();
  const progress = terminalProgress();
  if (!(await mendCheckpoint(pipeline, progress)))
    progress.note('The checkpoint is the emitter’s own: there is nothing to fix.');
  return await mendKeys(pipeline, progress);
}

async function verifyServers(servers: Servers, options: Options): Promise<VerificationReport> {
  const variables: EmitterVariables = {
    USER_ID: servers.userId,
    KAFKA_BROKERS: servers.brokers,
    KAFKA_AUTHENTICATION: options.kafkaAuthentication,
    AWS_REGION: process.env['AWS_REGION'] || REGION,
    DATABASE_CREDENTIALS_FILE: path.resolve(servers.creds),
    DATABASE_TLS: databaseTlsText(servers.tls ?? 'off'),
  };
  const directory = path.join(LOCAL_DIRECTORY, 'own-servers');
  let emitter: EmitterProcess | undefined;
  const emit: MendablePipeline['emit'] = async (event) => {
    if (emitter === undefined) {
      // The emitter's own process says nothing while it waits for brokers.
      await checkTopics(createKafka(parseEnvironment(variables).kafka, tellNotices), servers.userId);
      mkdirSync(directory, { recursive: true });
      emitter = new EmitterProcess(variables, path.join(directory, 'emitter.log'));
    }
    return (await emitter.invoke(event)).summary;
  };
  try {
    return await verifyPipelineOf({ emit, verify: (keys) => compare(servers, variables, keys) }, options);
  } finally {
    await emitter?.stop();
  }
}

async function compare(
  { creds, tls = 'off', userId }: Servers,
  variables: EmitterVariables,
  keys?: KeysRequest,
): Promise<VerificationReport> {
  const { kafka } = parseEnvironment(variables);
  const database = await connectToDatabase(await readCredentialsFile(creds), tls);
  try {
    return await verifyPipeline({
      userId,
      kafka: createKafka(kafka, tellNotices),
      database,
      keys,
      warn: tell,
    });
  } finally {
    database.destroy();
  }
}

async function verifyDeployed(options: Options): Promise<VerificationReport> {
  const { account, config } = deployedPipeline(options);
  const { functionName, verifierName } = await stackOutputs(account, config.userId, 'Emitter');
  const verify: MendablePipeline['verify'] = async (keys) => {
    const step = terminalProgress().step('Comparing every record with every row');
    try {
      const report = await invokeFunction<VerificationReport>(account, verifierName, { keys });
      step.done();
      return report;
    } catch (error) {
      step.failed();
      throw error;
    }
  };
  const emit: MendablePipeline['emit'] = (event) => invokeFunction<EmitSummary>(account, functionName, event);
  return await verifyPipelineOf({ emit, verify }, options);
}

runWhenMain(module, verify);
