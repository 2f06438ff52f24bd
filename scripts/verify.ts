import { Command } from 'commander';
import { readCredentialsFile } from '../lambda/emitter/database-login';
import { parseEnvironment } from '../lambda/emitter/environment';
import { ConfigurationError } from '../lambda/emitter/errors';
import { createKafka } from '../lambda/emitter/kafka-client';
import { connectToDatabase } from '../lambda/emitter/mysql-connection';
import { reportText } from '../lambda/verifier/report-text';
import { verifyPipeline } from '../lambda/verifier/verify-pipeline';
import { commandLine, runWhenMain } from './command';
import { runningPipeline } from './local/local-pipeline';

interface Options {
  readonly creds?: string;
  readonly brokers?: string;
  readonly userId?: string;
  readonly json?: true;
}

const command = new Command('npm run verify --')
  .description('Compares every record of the topics with every row of the tables.')
  .option('--creds <file>', 'login of the database: HOST, PORT, USER, PASSWORD, DATABASE (YAML)')
  .option('--brokers <list>', 'bootstrap brokers, host:port separated by commas')
  .option('--user-id <id>', 'the user id that the topics begin with')
  .option('--json', 'write the report as JSON')
  .addHelpText(
    'after',
    `
Without the first three options: the pipeline that "npm start -- --keep" runs on this machine.

Exit status: 0 every row is in its topic once; 1 different; 2 bad use, or a server cannot be read.

Example: npm run verify -- --creds db_creds.yaml --brokers 127.0.0.1:9092 --user-id 0ab1234c`,
  );

/** `npm run verify` */
export const verify = commandLine(command, async (options: Options) => {
  const { creds, brokers, userId } = target(options);
  const { kafka } = parseEnvironment({
    USER_ID: userId,
    KAFKA_BROKERS: brokers,
    KAFKA_AUTHENTICATION: 'none',
    DATABASE_CREDENTIALS_FILE: creds,
  });
  const database = await connectToDatabase(await readCredentialsFile(creds), 'off');
  try {
    const report = await verifyPipeline({ userId, kafka: createKafka(kafka), database });
    process.stdout.write(`${options.json ? JSON.stringify(report, undefined, 2) : reportText(report)}\n`);
    return report.equal ? 0 : 1;
  } finally {
    database.destroy();
  }
});

runWhenMain(module, verify);

function target({
  creds,
  brokers,
  userId,
}: Options): Required<Pick<Options, 'creds' | 'brokers' | 'userId'>> {
  if (creds === undefined && brokers === undefined && userId === undefined) return runningPipeline();
  if (creds === undefined || brokers === undefined || userId === undefined) {
    throw new ConfigurationError('--creds, --brokers and --user-id go together: give all three or none.');
  }
  return { creds, brokers, userId };
}
