import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonWith } from '../../scripts/local/python-environment';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { silentProgress } from '../../scripts/terminal/progress';

/** Timeout for the first installation, in milliseconds. */
export const INSTALL_MS = 300_000;

/** Installs the linters at the first use, and returns the folder of their programs. */
export const linterPrograms = async (): Promise<string> =>
  dirname(
    await pythonWith(
      {
        user: 'The linters',
        content: 'the linters',
        requirements: join(__dirname, 'requirements.txt'),
        directory: join(LOCAL_DIRECTORY, 'linters'),
      },
      silentProgress,
    ),
  );

/** Returns the output of a program, whether it succeeds or fails. */
export function outputOf(programs: string, program: string, args: readonly string[]): string {
  try {
    return execFileSync(join(programs, program), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Reads a JSON file of an installed Python package, such as `cfnlint/data/…`. */
export function packageData<T>(programs: string, file: string): T {
  const [found] = globSync(join('../lib/python*/site-packages', file), { cwd: programs });
  if (found === undefined) throw new Error(`There is no ${file} beside ${programs}.`);
  return JSON.parse(readFileSync(join(programs, found), 'utf8')) as T;
}
