import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inUtf8 } from '../machine/program-environment';
import type { Progress } from '../terminal/progress';
import { waitForLock } from './exclusive-lock';
import { ProgramError } from './program-error';
import { ToolchainError } from './toolchain';

/** Runs a program without the user's own settings of Python: module paths and pip's targets. */
const run = (program: string, args: readonly string[]) => {
  const { PYTHONHOME, PYTHONPATH, PIP_TARGET, PIP_PREFIX, ...environment } = inUtf8();
  return promisify(execFile)(program, [...args], { env: { ...environment, PIP_USER: '0' } });
};

/** Purpose and content of a Python virtual environment. */
export interface PythonEnvironment {
  /** Subject of a sentence about who needs it: `The emulator`. */
  readonly user: string;
  /** Packages that pip installs, in a few words. */
  readonly content: string;
  /** The file with the packages. */
  readonly requirements: string;
  /** Holds this environment, and nothing but environments of earlier requirements. */
  readonly directory: string;
}

/**
 * Returns the Python of a virtual environment with the packages; creates it at the first use.
 *
 * Its folder is named by the hash of the requirements and of the Python version, and holds a marker file once it is
 * complete.
 *
 * @throws ToolchainError when there is no Python with virtual environments.
 * @throws ProgramError with pip's own words when it cannot install them.
 */
export async function pythonWith(environment: PythonEnvironment, progress: Progress): Promise<string> {
  const { requirements, directory } = environment;
  const python = await pythonVersion(environment.user);
  const hash = createHash('sha256').update(readFileSync(requirements)).update(python).digest('hex');
  const folder = path.join(directory, hash.slice(0, 12));
  const complete = path.join(folder, 'complete');
  const program = path.join(folder, 'bin', 'python');
  if (existsSync(complete)) return program;

  const lock = await waitForLock(path.join(directory, 'lock'));
  try {
    if (!existsSync(complete)) {
      await install(environment, folder, program, progress);
      writeFileSync(complete, '');
    }
    return program;
  } finally {
    lock.release();
  }
}

/**
 * The version of the machine's Python, with where it is.
 *
 * @param user subject of the sentence about who needs it
 * @throws ToolchainError when there is none, or it is too old or without virtual environments.
 */
export async function pythonVersion(user: string): Promise<string> {
  try {
    const { stdout } = await run('python3', [
      '-c',
      'import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print(sys.version, sys.prefix)',
    ]);
    return stdout;
  } catch (error) {
    throw new ToolchainError(
      `${user} needs Python >= 3.10 with venv. Debian/Ubuntu: sudo apt-get install python3-venv; macOS: brew install python.`,
      { cause: error },
    );
  }
}

async function install(
  { content, requirements, directory }: PythonEnvironment,
  folder: string,
  program: string,
  progress: Progress,
): Promise<void> {
  for (const old of readdirSync(directory).filter((name) => name !== 'lock')) {
    rmSync(path.join(directory, old), { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
  const step = progress.step(`Installing ${content} by pip`);
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(program, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    step.done(`Installed ${content}`);
  } catch (error) {
    step.failed();
    const words = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new ProgramError(`pip could not install ${content}:\n${words}`, directory, { cause: error });
  }
}
