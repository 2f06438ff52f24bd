import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { commandLineOf } from '../machine/command-line-of';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { writePrivateFile } from '../machine/private-file';

/** Variable that sets another directory for the deployment, so that tests do not disturb a developer's own. */
export const DIRECTORY_VARIABLE = 'EMULATED_DEPLOYMENT_DIRECTORY';

/** Returns the directory of the deployment to the emulator: its servers, their logs, and its connection data. */
export const deploymentDirectory = (): string =>
  path.resolve(process.env[DIRECTORY_VARIABLE] ?? path.join(LOCAL_DIRECTORY, 'deployment'));

const schema = z.object({
  /** URL of the emulator, for every AWS service. */
  endpoint: z.url(),
  region: z.literal('us-east-1'),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  userId: z.string(),
  /** Values of `-c`, for example `pipeline.emitter.everyMinutes=2`. */
  configOverrides: z.array(z.string()),
  /** A `db_creds.yaml` with the login that may do everything in the embedded MariaDB. */
  ownerCreds: z.string(),
  /** The process that owns the emulator and its servers; it has the directory on its command line. */
  pid: z.number(),
});

/** Connection data of a pipeline that is deployed to the emulator on this machine. */
export type EmulatedDeployment = z.infer<typeof schema>;

const fileIn = (directory: string): string => path.join(directory, 'deployment.json');

/** Announces a deployment to other commands, or updates the announcement. */
export const announceDeployment = (deployment: EmulatedDeployment, directory = deploymentDirectory()): void =>
  writePrivateFile(fileIn(directory), JSON.stringify(deployment));

/** Withdraws the announcement. */
export const withdrawDeployment = (directory = deploymentDirectory()): void =>
  rmSync(fileIn(directory), { force: true });

/** Finds the deployment that runs on this machine; `undefined` if there is none. */
export function runningDeployment(directory = deploymentDirectory()): EmulatedDeployment | undefined {
  try {
    const deployment = schema.parse(JSON.parse(readFileSync(fileIn(directory), 'utf8')));
    // After a reboot the process id may belong to another program.
    return commandLineOf(deployment.pid).includes(directory) ? deployment : undefined;
  } catch {
    return undefined;
  }
}

/** Returns variables that make the CDK CLI, or any AWS SDK, talk to the emulator only. */
export const deploymentEnvironment = (
  { endpoint, region, accessKeyId, secretAccessKey }: EmulatedDeployment,
  directory = deploymentDirectory(),
): Record<string, string> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  // These would override the login above; empty is as good as not set.
  AWS_SESSION_TOKEN: '',
  AWS_PROFILE: '',
  AWS_DEFAULT_PROFILE: '',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
  // The CLI caches the account of an access key there, and would cache the emulator's.
  CDK_HOME: path.join(directory, 'cdk'),
});
