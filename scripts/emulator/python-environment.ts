import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { waitForLock } from '../local/exclusive-lock';
import { LOCAL_DIRECTORY } from '../local/paths';
import { ToolchainError } from '../local/toolchain';
import type { Progress } from '../terminal/progress';

const REQUIREMENTS = path.join(__dirname, 'requirements.txt');

/** Where the virtual environments are; one for all deployments. */
const DIRECTORY = path.join(LOCAL_DIRECTORY, 'emulator');

const run = promisify(execFile);

/**
 * The Python of a virtual environment that has the emulator; made at the first use (some 100 MB).
 *
 * Its folder is named by the hash of the requirements and of the Python that it was made with, and a file in it says
 * that it is complete.
 *
 * @throws ToolchainError when there is no Python with virtual environments.
 * @throws Error with pip's own words when it cannot install them.
 */
export async function emulatorPython(progress: Progress): Promise<string> {
  const python = await pythonVersion();
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).update(python).digest('hex');
  const environment = path.join(DIRECTORY, hash.slice(0, 12));
  const complete = path.join(environment, 'complete');
  const program = path.join(environment, 'bin', 'python');
  if (existsSync(complete)) return program;

  const lock = await waitForLock(path.join(DIRECTORY, 'lock'));
  try {
    if (!existsSync(complete)) {
      await install(environment, program, progress);
      writeFileSync(complete, '');
    }
    return program;
  } finally {
    lock.release();
  }
}

async function pythonVersion(): Promise<string> {
  try {
    const { stdout } = await run('python3', [
      '-c',
      'import sys, venv, ensurepip; assert sys.version_info >= (3, 10); print(sys.version, sys.prefix)',
    ]);
    return stdout;
  } catch (error) {
    throw new ToolchainError(
      'The emulator needs Python >= 3.10 with venv. Debian/Ubuntu: sudo apt-get install python3-venv; macOS: brew install python.',
      { cause: error },
    );
  }
}

async function install(environment: string, program: string, progress: Progress): Promise<void> {
  for (const old of readdirSync(DIRECTORY).filter((name) => name !== 'lock')) {
    rmSync(path.join(DIRECTORY, old), { recursive: true, force: true });
  }
  mkdirSync(environment, { recursive: true });
  const step = progress.step('Installing the AWS emulator (MiniStack, by pip)');
  try {
    await run('python3', ['-m', 'venv', environment]);
    await run(program, ['-m', 'pip', 'install', '--quiet', '--requirement', REQUIREMENTS]);
    step.done('Installed the AWS emulator');
  } catch (error) {
    step.failed();
    const words = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    throw new Error(`pip could not install the emulator:\n${words}`, { cause: error });
  }
}
