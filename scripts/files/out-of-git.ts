import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Whether git ignores a path, which need not exist, or has nothing to do with it. */
export async function isOutOfGit(file: string): Promise<boolean> {
  const absolute = path.resolve(file);
  let directory = path.dirname(absolute);
  while (!existsSync(directory)) directory = path.dirname(directory);
  try {
    const args = ['check-ignore', '--quiet', '--', path.relative(directory, absolute)];
    await promisify(execFile)('git', args, { cwd: directory });
    return true;
  } catch (error) {
    // 1: it would be tracked, or is already. All else: there is no repository, or no git.
    return (error as { code?: unknown }).code !== 1;
  }
}
