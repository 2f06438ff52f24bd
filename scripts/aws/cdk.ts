import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { AwsAccount } from './aws-account';

/** The version of the CLI that the project pins. */
const CLI = require.resolve('aws-cdk/bin/cdk');

/** Folder of cdk.json. */
const PROJECT = path.resolve(__dirname, '../..');

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs the CDK CLI against an account, with these arguments, and gives its exit status. */
export type Cdk = (account: Pick<AwsAccount, 'environment'>, args: readonly string[]) => Promise<number>;

/**
 * The real CLI, on the terminal of this process; what it writes goes to standard error, for it is no result. Signals are
 * passed on, and its own end is waited for, so that a deployment is never left behind unwatched.
 */
export const cdk: Cdk = async ({ environment }, args) => {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: PROJECT,
    env: environment,
    stdio: ['inherit', process.stderr, 'inherit'],
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    const [status] = (await once(child, 'exit')) as [number | null];
    return status ?? ENDED_BY_SIGNAL;
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
};

/** The exit status for a CLI that a signal has ended. */
const ENDED_BY_SIGNAL = 130;

/** Configuration as arguments of the CLI: `pipeline.<field>=<value>` each. */
export const contextArguments = (overrides: readonly string[]): string[] =>
  overrides.flatMap((override) => ['--context', override]);
