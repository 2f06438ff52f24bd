import { Command } from 'commander';
import { readCredentialsFile } from '../lambda/emitter/database-login';
import { parseEnvironment } from '../lambda/emitter/environment';
import { ConfigurationError } from '../lambda/emitter/errors';
import { createKafka } from '../lambda/emitter/kafka/kafka-client';
import { connectToDatabase } from '../lambda/emitter/mysql/mysql-connection';
import type { DatabaseTls } from '../lambda/emitter/trusted-certificates';
import type { VerificationReport } from '../lambda/verifier/report';
import { verifyPipeline } from '../lambda/verifier/verify-pipeline';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { invokeFunction } from './aws/invoke-function';
import { stackOutputs } from './aws/stack-outputs';
import { findRunningPipeline } from './local/local-pipeline';
import { commandLine, runWhenMain } from './terminal/command';
import { tlsOption } from './terminal/option-values';
import { terminalProgress } from './terminal/progress';
import { reportText } from './terminal/report-text';

/** A database and a Kafka that can be reached from here. */
interface Servers {
  readonly creds: string;
  readonly brokers: string;
  readonly userId: string;
  readonly tls?: DatabaseTls;
}

interface Options extends DeployedPipelineOptions, Partial<Servers> {
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run verify --'))
  .description('Compares every record of the topics with every row of the tables.')
  .option('--creds <file>', 'a database that can be reached from here: its login (a db_creds.yaml)')
  .addOption(tlsOption())
  .option('--brokers <list>', 'a Kafka that can be reached from here: host:port, several separated by commas')
  .option('--json', 'write the report as JSON')
  .addHelpText(
    'after',
    `
With --creds, --brokers and --user-id, between these servers. Otherwise of the pipeline that "npm start -- --keep" runs;
where none does, or with --aws, of the deployed one, by its function inside the VPC.

Exit status: 0 every row is in its topic once; 1 different; 2 bad use, or a server cannot be read.

Example: npm run verify -- --creds db_creds.yaml --brokers 127.0.0.1:9092 --user-id 0ab1234c`,
  );

/** `npm run verify` */
export const verify = commandLine(command, async (options: Options) => {
  const servers = serversOf(options);
  const report = servers === undefined ? await verifyDeployed(options) : await verifyBetween(servers);
  process.stdout.write(`${options.json ? JSON.stringify(report, undefined, 2) : reportText(report)}\n`);
  return report.equal ? 0 : 1;
});

/** @returns `undefined` for the deployed pipeline. */
function serversOf({ creds, tls, brokers, userId, aws, context }: Options): Servers | undefined {
  if (creds !== undefined && brokers !== undefined && userId !== undefined) {
    return { creds, tls, brokers, userId };
  }
  if (creds !== undefined || brokers !== undefined) {
    throw new ConfigurationError('--creds, --brokers and --user-id go together: give all three or none.');
  }
  if (tls !== undefined) throw new ConfigurationError('--tls goes with --creds; of a pipeline it is known.');
  const isDeployed = aws === true || userId !== undefined || context.length > 0;
  return isDeployed ? undefined : findRunningPipeline();
}

async function verifyBetween({ creds, tls = 'off', brokers, userId }: Servers): Promise<VerificationReport> {
  const { kafka } = parseEnvironment({
    USER_ID: userId,
    KAFKA_BROKERS: brokers,
    KAFKA_AUTHENTICATION: 'none',
    DATABASE_CREDENTIALS_FILE: creds,
  });
  const database = await connectToDatabase(await readCredentialsFile(creds), tls);
  try {
    return await verifyPipeline({ userId, kafka: createKafka(kafka), database });
  } finally {
    database.destroy();
  }
}

async function verifyDeployed(options: Options): Promise<VerificationReport> {
  const { account, config } = deployedPipeline(options);
  const { verifierName } = await stackOutputs(account, config.userId, 'Emitter');
  const step = terminalProgress().step('Comparing every record with every row');
  try {
    const report = await invokeFunction<VerificationReport>(account, verifierName);
    step.done();
    return report;
  } catch (error) {
    step.failed();
    throw error;
  }
}

runWhenMain(module, verify);
