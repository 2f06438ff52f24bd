import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { ConfigurationError } from '../../lambda/shared/errors';
import type { DeployedPipeline } from './deployed-pipeline';
import { findSshTarget, SSH_HINT, type SshTarget, sshArguments } from './ssh';

/** Exit status of `ssh` when it could not connect; any other is that of the remote command. */
const SSH_FAILED = 255;

/** The options that say how to log in to the Kafka client. */
export interface SshOptions {
  readonly key?: string;
  readonly sessionManager?: true;
}

/** Adds the options that say how to log in to the Kafka client. */
export const withSshOptions = (command: Command): Command =>
  command
    .option('--key <file>', 'the private key (default: <key pair name>.pem, fetched where it is missing)')
    .option('--session-manager', 'SSH through AWS Session Manager, which needs no open port');

/**
 * Finds the Kafka client of a pipeline on AWS, and how to log in there.
 *
 * With Session Manager it is still SSH and not a shell of Session Manager: that one is no login, and has neither the
 * variables nor the files of ec2-user.
 *
 * @throws ConfigurationError on the emulator, and where a program for Session Manager is missing.
 * @throws AwsError when the Kafka client is not deployed or not running.
 */
export async function findKafkaClientLogin(
  pipeline: DeployedPipeline,
  { key, sessionManager }: SshOptions,
): Promise<SshTarget> {
  if (pipeline.account.isEmulator) {
    throw new ConfigurationError(
      'The emulator runs no machine to connect to. This command is for AWS itself.',
    );
  }
  const throughSessionManager = sessionManager === true;
  if (throughSessionManager) await requireSessionManager();
  return await findSshTarget(pipeline, { key, throughSessionManager });
}

/**
 * Opens a shell on the Kafka client in this terminal, or runs one command there.
 *
 * @returns the exit status of the shell or of the command; 255 when SSH could not connect.
 */
export async function runOnKafkaClient(
  target: SshTarget,
  remoteCommand: readonly string[] = [],
): Promise<number> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const status = await run('ssh', commandArguments(target, remoteCommand, isTerminal));
  if (status === SSH_FAILED && !target.throughSessionManager) process.stderr.write(`${SSH_HINT}\n`);
  return status;
}

/**
 * The arguments of `ssh` for a command, or for a shell without one.
 *
 * @param isTerminal whether this process has a terminal. The command gets one of its own then, and ends with Ctrl-C;
 *   without one it would go on until it next writes.
 */
export const commandArguments = (
  target: SshTarget,
  remoteCommand: readonly string[],
  isTerminal: boolean,
): string[] => [
  ...(isTerminal && remoteCommand.length > 0 ? ['-t'] : []),
  ...sshArguments(target),
  ...remoteCommand,
];

/** Runs a program in this terminal; Ctrl-C is for the program. */
async function run(program: string, args: readonly string[]): Promise<number> {
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: process.env });
    const [status] = (await once(child, 'exit')) as [number | null];
    return status ?? SSH_FAILED;
  } catch (error) {
    throw new ConfigurationError(`${program} cannot be run: ${(error as Error).message}.`);
  } finally {
    process.off('SIGINT', ignore);
  }
}

async function requireSessionManager(): Promise<void> {
  for (const [program, install] of [
    ['aws', 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'],
    [
      'session-manager-plugin',
      'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
    ],
  ] as const) {
    const child = spawn(program, ['--version'], { stdio: 'ignore', env: process.env });
    await once(child, 'exit').catch(() => {
      throw new ConfigurationError(`--session-manager needs the program ${program}: ${install}`);
    });
  }
}
