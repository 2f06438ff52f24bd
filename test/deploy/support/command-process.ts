import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { DIRECTORY_VARIABLE } from '../../../scripts/aws/emulated-deployment';

const SCRIPTS = path.resolve(__dirname, '../../../scripts');

/** What a command of package.json did, in a process of its own. */
export interface CommandOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on. */
export interface RunningCommand {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** Waits for a text on its standard error; throws when the command ends without. */
  says(text: string): Promise<void>;
  readonly outcome: Promise<CommandOutcome>;
}

/**
 * Starts a command as `npm run` does, in the directory of a deployment.
 *
 * @param directory of the deployment that the command is about; also where it runs, and writes its files
 * @param script the name of its file, such as `deploy-local`
 */
export function startCommand(directory: string, script: string, ...args: readonly string[]): RunningCommand {
  mkdirSync(directory, { recursive: true });
  const process_ = spawn(process.execPath, ['--import', 'tsx', path.join(SCRIPTS, `${script}.ts`), ...args], {
    cwd: directory,
    env: { ...process.env, [DIRECTORY_VARIABLE]: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  process_.stdout.on('data', (chunk) => {
    said.stdout += String(chunk);
  });
  process_.stderr.on('data', (chunk) => {
    said.stderr += String(chunk);
  });
  const outcome = once(process_, 'close').then(([status]) => ({ status: status as number, ...said }));
  return {
    process: process_,
    says: async (text) => {
      while (!said.stderr.includes(text)) {
        const ended = await Promise.race([outcome, once(process_.stderr, 'data').then(() => undefined)]);
        if (ended !== undefined) throw new Error(`${script} never said "${text}": ${ended.stderr}`);
      }
    },
    outcome,
  };
}

/** Runs a command to its end; see {@link startCommand}. */
export const runCommandProcess = (
  directory: string,
  script: string,
  ...args: readonly string[]
): Promise<CommandOutcome> => startCommand(directory, script, ...args).outcome;

/** The processes that have a directory on their command line, by id; but not the one that asks. */
export const processesIn = (directory: string): number[] =>
  spawnSync('ps', ['-eww', '-o', 'pid=,command='], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes(directory))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid);
