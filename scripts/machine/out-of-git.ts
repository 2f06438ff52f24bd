import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Tells whether a path, which need not exist, is ignored by git or outside of any repository. */
export async function isOutOfGit(file: string): Promise<boolean> {
  const absolute = path.resolve(file);
  let directory = path.dirname(absolute);
  while (!existsSync(directory)) directory = path.dirname(directory);
  try {
    // git refuses repositories of other users unless they are declared safe.
    const args = ['-c', 'safe.directory=*', 'check-ignore', '--quiet', '--'];
    // A git hook sets these to the repository that it runs for.
    const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, ...env } = process.env;
    await promisify(execFile)('git', [...args, path.relative(directory, absolute)], { cwd: directory, env });
    return true;
  } catch (error) {
    // 1: it would be tracked, or already is. Anything else: there is no repository, or no git.
    return (error as { code?: unknown }).code !== 1;
  }
}
