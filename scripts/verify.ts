import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { readCredentialsFile } from '../lambda/emitter/database-login';
import { parseEnvironment } from '../lambda/emitter/environment';
import { ConfigurationError, EmitterError } from '../lambda/emitter/errors';
import { createKafka } from '../lambda/emitter/kafka-client';
import { connectToDatabase } from '../lambda/emitter/mysql-connection';
import { reportText } from '../lambda/verifier/report-text';
import { verifyPipeline } from '../lambda/verifier/verify-pipeline';
import { LOCAL_DIRECTORY } from './local/paths';

/** Exit statuses of this command. */
const STATUS = { equal: 0, different: 1, cannotTell: 2 } as const;

/** Where a pipeline on this machine says how to reach it, while it runs. */
export const LOCAL_PIPELINE_FILE = path.join(LOCAL_DIRECTORY, 'pipeline.json');

const targetSchema = z.object({ creds: z.string(), brokers: z.string(), userId: z.string() });

/** What {@link LOCAL_PIPELINE_FILE} holds, and what the options name. */
export type Target = z.infer<typeof targetSchema>;

const command = new Command('verify')
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
  )
  .exitOverride();

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const isKnown = error instanceof EmitterError || error instanceof CommanderError;
    // Commander has said what is wrong, or has shown the help that was asked for.
    if (!(error instanceof CommanderError))
      process.stderr.write(`${isKnown ? error.message : (error as Error).stack}\n`);
    process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : STATUS.cannotTell;
  },
);

async function main(): Promise<number> {
  const { json, ...options } = command.parse().opts<Partial<Target> & { json?: true }>();
  const { creds, brokers, userId } =
    Object.keys(options).length === 0 ? await localPipeline() : named(options);
  const { kafka } = parseEnvironment({
    USER_ID: userId,
    KAFKA_BROKERS: brokers,
    KAFKA_AUTHENTICATION: 'none',
    DATABASE_CREDENTIALS_FILE: creds,
  });
  const database = await connectToDatabase(await readCredentialsFile(creds), 'off');
  try {
    const report = await verifyPipeline({ userId, kafka: createKafka(kafka), database });
    process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : reportText(report)}\n`);
    return report.equal ? STATUS.equal : STATUS.different;
  } finally {
    database.destroy();
  }
}

function named(options: Partial<Target>): Target {
  const parsed = targetSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError('--creds, --brokers and --user-id go together: give all three or none.');
}

async function localPipeline(): Promise<Target> {
  try {
    return targetSchema.parse(JSON.parse(await readFile(LOCAL_PIPELINE_FILE, 'utf8')));
  } catch {
    throw new ConfigurationError(
      'No pipeline runs on this machine: begin one with "npm start -- --keep", or give --creds, --brokers and --user-id.',
    );
  }
}
