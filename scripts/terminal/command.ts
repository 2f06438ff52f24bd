import { type Command, CommanderError } from 'commander';
import { EmitterError } from '../../lambda/shared/errors';
import { ConfigError } from '../../lib/config';
import { AwsError } from '../aws/aws-call';
import { EmitterRunError } from '../local/emitter-process';
import { LockedError } from '../local/exclusive-lock';
import { ProgramError } from '../local/program-error';
import { ToolchainError } from '../local/toolchain';
import { isSystemError, systemErrorText } from './system-error';

/** The exit status of a command that was used wrongly or could not be carried out. */
const FAILED = 2;

/** Errors that a user can do something about: their message says all, a stack trace would hide it. */
const EXPECTED = [
  AwsError,
  ConfigError,
  EmitterError,
  EmitterRunError,
  LockedError,
  ProgramError,
  ToolchainError,
];

/** A command of package.json: takes what follows its name and settles with the exit status. */
export type CommandLine = (argv: readonly string[]) => Promise<number>;

/**
 * Makes a command of package.json: parses its options, carries it out, and gives its exit status.
 *
 * A wrong option, or an error, gives status 2 and a line on standard error.
 */
export function commandLine<Options>(
  command: Command,
  work: (options: Options) => Promise<number>,
): CommandLine {
  command.exitOverride();
  return async (argv) => {
    try {
      return await work(command.parse(argv, { from: 'user' }).opts() as Options);
    } catch (error) {
      // Commander has said itself what is wrong, or has shown the help that was asked for.
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED;
      process.stderr.write(`${textOf(error)}\n`);
      return FAILED;
    }
  };
}

function textOf(error: unknown): string {
  if (EXPECTED.some((type) => error instanceof type)) return (error as Error).message;
  if (isSystemError(error)) return systemErrorText(error);
  return (error as Error | undefined)?.stack ?? String(error);
}

/** Carries a command out where its file is the program that was started, and not where a test imports it. */
export function runWhenMain(module: NodeModule, run: CommandLine): void {
  if (require.main !== module) return;
  // Such as a full disk under a log, which no call waits for.
  process.on('uncaughtException', (error) => {
    // Who reads the output has gone: there is nobody to tell.
    const isUnread = isSystemError(error) && error.code === 'EPIPE';
    if (!isUnread) process.stderr.write(`${textOf(error)}\n`);
    process.exit(FAILED);
  });
  void run(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
    // A client of Kafka that was given up goes on trying for half a minute.
    if (status === FAILED) process.exit();
  });
}
