import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { inUtf8 } from '../machine/program-environment';
import type { Progress } from '../terminal/progress';
import { waitForLock } from './exclusive-lock';
import { ProgramError } from './program-error';

/** Folder of files that Maven downloads. */
export interface MavenFolder {
  /** Content, in a few words. */
  readonly content: string;
  /** Its `package` leaves everything in the folder that the property `target` names. */
  readonly pom: string;
  /** Inputs of the content besides the pom. @default none */
  readonly inputs?: readonly (string | Buffer)[];
  /** More properties of the pom. @default none */
  readonly properties?: Readonly<Record<string, string>>;
  /** Holds the folder, and nothing but folders of earlier poms. */
  readonly directory: string;
  /** Completes the folder after the download. @default no-op */
  readonly finish?: (folder: string) => void;
}

/**
 * Returns a folder with Maven's downloads, and fills it first if it is missing.
 *
 * The folder is named by the hash of the pom and the inputs, and gets its name only when it is complete: a partial
 * download, or one of another version, is never used.
 *
 * @throws ProgramError with Maven's own words when the download fails.
 */
export async function mavenFolder(options: MavenFolder, progress: Progress): Promise<string> {
  const { pom, inputs = [], directory } = options;
  const hash = [readFileSync(pom), ...inputs]
    .reduce((sum, input) => sum.update(input), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);
  const complete = path.join(directory, hash);
  if (existsSync(complete)) return complete;
  const lock = await waitForLock(path.join(directory, 'lock'));
  try {
    if (!existsSync(complete)) await download(options, complete, progress);
    return complete;
  } finally {
    lock.release();
  }
}

async function download(
  { content, pom, properties = {}, directory, finish }: MavenFolder,
  complete: string,
  progress: Progress,
): Promise<void> {
  for (const old of readdirSync(directory).filter((name) => name !== 'lock')) {
    rmSync(path.join(directory, old), { recursive: true, force: true });
  }
  const partial = `${complete}.partial`;
  mkdirSync(partial);
  const step = progress.step(`Downloading ${content} from Maven Central`);
  try {
    // From the folder of the pom on, as Maven takes it: so that no other folder's name has a say in it.
    const target = path.relative(path.dirname(pom), partial);
    const defined = Object.entries({ target, ...properties });
    await promisify(execFile)(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        '--strict-checksums',
        `--file=${path.basename(pom)}`,
        ...defined.map(([name, value]) => `-D${name}=${value}`),
        'package',
      ],
      { cwd: path.dirname(pom), env: inUtf8(), maxBuffer: 64 * 1024 * 1024 },
    );
    finish?.(partial);
    renameSync(partial, complete);
    step.done(`Downloaded ${content}`);
  } catch (error) {
    step.failed();
    const words = (error as { stdout?: string }).stdout?.trim() || (error as Error).message;
    throw new ProgramError(`Maven could not download ${content}:\n${words}`, directory, { cause: error });
  }
}
