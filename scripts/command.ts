import { type Command, CommanderError } from 'commander';
import { EmitterError } from '../lambda/emitter/errors';
import { EmitterRunError } from './local/emitter-process';
import { LockedError } from './local/exclusive-lock';
import { ToolchainError } from './local/toolchain';

/** The exit status of a command that was used wrongly or could not be carried out. */
const FAILED = 2;

/** Errors that a user can do something about: their message says all, a stack trace would hide it. */
const EXPECTED = [EmitterError, EmitterRunError, LockedError, ToolchainError];

/**
 * Carries out a command of package.json: parses its options, runs it and sets the exit status to what it gives.
 *
 * A wrong option, or an error, ends it with status 2 and a line on standard error.
 */
export function runCommand<Options>(command: Command, work: (options: Options) => Promise<number>): void {
  const run = async (): Promise<number> => {
    try {
      return await work(command.exitOverride().parse().opts() as Options);
    } catch (error) {
      // Commander has said itself what is wrong, or has shown the help that was asked for.
      if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED;
      const isExpected = EXPECTED.some((type) => error instanceof type);
      process.stderr.write(`${isExpected ? (error as Error).message : (error as Error).stack}\n`);
      return FAILED;
    }
  };
  void run().then((status) => {
    process.exitCode = status;
  });
}
