import { type Command, CommanderError } from 'commander';
import { isExpected } from './expected-error';
import { isSystemError, systemErrorText } from './system-error';

/** Exit status of a command that was misused or could not be carried out. */
const FAILED = 2;

let isInterrupted = false;

/**
 * Says that a signal ends this process: whoever handles it sets the exit status, once everything is stopped. What fails
 * because of that is no error of the command.
 */
export function markInterrupted(): void {
  isInterrupted = true;
}

/** A command of package.json: takes its arguments and settles with the exit status. */
export type CommandLine = (argv: readonly string[]) => Promise<number>;

/**
 * Builds a command of package.json: parses its options, runs it and returns its exit status.
 *
 * A wrong option or an error gives status 2 and a line on standard error.
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
      // Commander has already printed the mistake, or the help.
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED;
      if (!isInterrupted) process.stderr.write(`${textOf(error)}\n`);
      return FAILED;
    }
  };
}

function textOf(error: unknown): string {
  if (isExpected(error)) return error.message;
  if (isSystemError(error)) return systemErrorText(error);
  return (error as Error | undefined)?.stack ?? String(error);
}

/** Runs a command if its file is the main program, and not if a test imports it. */
export function runWhenMain(module: NodeModule, run: CommandLine): void {
  if (require.main !== module) return;
  // Such as a full disk while a log is written, which nothing awaits.
  process.on('uncaughtException', (error) => {
    if (isInterrupted) return;
    // The reader of the output is gone: nobody is left to tell.
    const isUnread = isSystemError(error) && error.code === 'EPIPE';
    if (!isUnread) process.stderr.write(`${textOf(error)}\n`);
    process.exit(FAILED);
  });
  void run(process.argv.slice(2)).then((status) => {
    if (isInterrupted) return;
    process.exitCode = status;
    // An abandoned Kafka client keeps retrying for half a minute.
    if (status === FAILED) process.exit();
  });
}
