import { Command } from 'commander';
import { type DatabaseLogin, readCredentialsFile } from '../lambda/shared/database-login';
import { ConfigurationError, UnreachableError } from '../lambda/shared/errors';
import { breakConnection, connectToDatabase } from '../lambda/shared/mysql/mysql-connection';
import type { ExistingDatabaseConfig } from '../lib/config';
import { storeDatabaseLogin } from './aws/database-secret';
import {
  type DeployedPipeline,
  type DeployedPipelineOptions,
  deployedPipeline,
  withPipelineOptions,
} from './aws/deployed-pipeline';
import { checkTables, needlessPrivileges } from './table-files/database-check';
import { commandLine, runWhenMain } from './terminal/command';

interface Options extends DeployedPipelineOptions {
  readonly creds: string;
  readonly check: boolean;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run put-credentials --'))
  .description('Stores the credentials of an existing database in the secret that the emitter reads.')
  .option('--creds <file>', 'the credentials: HOST, PORT, USER, PASSWORD, DATABASE', 'db_creds.yaml')
  .option('--no-check', 'store them without trying them, for a database that only its VPC can reach')
  .option('--json', 'write the result as JSON')
  .addHelpText(
    'after',
    `
The login is tried first: over TLS, with each of the three tables. Nothing is stored where that fails.
HOST, PORT and DATABASE are those of the configuration (pipeline.database): the way there was made for them.

Example: npm run put-credentials -- --creds db_creds.yaml`,
  );

/** `npm run put-credentials` */
export const putCredentials = commandLine(command, async ({ creds, check, json, ...options }: Options) => {
  const pipeline = deployedPipeline(options);
  const configured = existingDatabase(pipeline);
  const login = await readCredentialsFile(creds);
  requireConfigured(login, creds, configured);
  const needless = check ? await tryLogin(login, pipeline) : [];
  if (needless.length > 0) {
    process.stderr.write(
      `The database user may also ${needless.join(', ')}: SELECT on the three tables is enough.\n`,
    );
  }
  const { secretArn, versionId } = await storeDatabaseLogin(pipeline, login);
  const { host, port, database, user } = login;
  const result = { secretArn, versionId, host, port, database, user, checked: check, needless };
  process.stdout.write(
    json
      ? `${JSON.stringify(result, undefined, 2)}\n`
      : `The credentials of ${user} at ${placeOf(login)} are version ${versionId} of ${secretArn}.\n${TAKEN}\n`,
  );
  return 0;
});

const TAKEN =
  'The emitter reads it at a cold start, after a failed run, and when the database refuses its current credentials, which it uses until then.';

const placeOf = ({ host, port, database }: DatabaseLogin): string => `${host}:${port}/${database}`;

function existingDatabase({ config: { database } }: DeployedPipeline): ExistingDatabaseConfig {
  if (database.mode === 'existing') return database;
  throw new ConfigurationError(
    `pipeline.database.mode is "${database.mode}": allowed for this command: "existing". The pipeline creates the credentials of its own database.`,
  );
}

/** The way to the database, and the routes and rules on it, were made for the one that is configured. */
function requireConfigured(login: DatabaseLogin, file: string, configured: ExistingDatabaseConfig): void {
  const problems = [
    ['HOST', login.host, configured.host, 'host'],
    ['PORT', login.port, configured.port, 'port'],
    ['DATABASE', login.database, configured.name, 'name'],
  ]
    .filter(([, given, allowed]) => given !== allowed)
    .map(
      ([field, given, allowed, name]) =>
        `${field} is ${JSON.stringify(given)}: allowed: ${JSON.stringify(allowed)}, as in pipeline.database.${name}`,
    );
  if (login.password === '') problems.push('PASSWORD is empty: allowed: non-empty text');
  if (problems.length === 0) return;
  throw new ConfigurationError(`The credentials file ${file} is wrong. ${problems.join('; ')}.`);
}

/**
 * Logs in as the emitter will, and looks at the tables.
 *
 * @returns what the login may do besides reading.
 */
async function tryLogin(login: DatabaseLogin, { account }: DeployedPipeline): Promise<string[]> {
  try {
    const connection = await connectToDatabase(login, account.isEmulator ? 'off' : 'rds');
    try {
      await checkTables(connection, placeOf(login));
      return await needlessPrivileges(connection);
    } finally {
      breakConnection(connection);
    }
  } catch (error) {
    process.stderr.write('The credentials were tried, and nothing was stored:\n');
    if (!(error instanceof UnreachableError)) throw error;
    throw new UnreachableError(`${error.message} If only its VPC can reach it, use --no-check.`, {
      cause: error,
    });
  }
}

runWhenMain(module, putCredentials);
