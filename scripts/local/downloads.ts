import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Progress } from '../terminal/progress';
import { waitForLock } from './exclusive-lock';
import { LOCAL_DIRECTORY } from './paths';
import { mariaDbPlatform } from './platform';

/** Where the downloaded servers are. */
export interface ServerFiles {
  /** The Java class path of Kafka: every jar of a folder. */
  readonly kafkaClassPath: string;
  /** The folder with the class that checks the tokens of MSK's IAM. */
  readonly iamClassPath: string;
  /** MariaDB's base directory, with `bin`, `scripts` and `share`. */
  readonly mariaDbBase: string;
}

/**
 * The servers' files, downloaded by Maven when they are not there yet (some 200 MB).
 *
 * The folder is named by the hash of the pom, what it compiles and the platform, and gets its name only when it is complete: a download
 * cut short or of another version is never used.
 *
 * @param directory @default the repository's folder for local servers
 * @throws Error with Maven's own words when the download fails.
 */
export async function serverFiles(
  progress: Progress,
  directory: string = path.join(LOCAL_DIRECTORY, 'servers'),
): Promise<ServerFiles> {
  const pom = path.join(__dirname, 'pom.xml');
  const platform = mariaDbPlatform();
  const validator = path.join(__dirname, 'iam', 'MskIamTokenValidator.java');
  const inputs = [readFileSync(pom), readFileSync(validator), platform];
  const hash = inputs
    .reduce((sum, input) => sum.update(input), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);
  const complete = path.join(directory, hash);
  if (!existsSync(complete)) {
    const lock = await waitForLock(path.join(directory, 'lock'));
    try {
      if (!existsSync(complete)) await download(pom, platform, complete, progress);
    } finally {
      lock.release();
    }
  }
  return {
    kafkaClassPath: path.join(complete, 'kafka', '*'),
    iamClassPath: path.join(complete, 'iam'),
    mariaDbBase: mariaDbBase(path.join(complete, 'mariadb')),
  };
}

async function download(pom: string, platform: string, complete: string, progress: Progress): Promise<void> {
  const directory = path.dirname(complete);
  for (const old of readdirSync(directory).filter((name) => name !== 'lock')) {
    rmSync(path.join(directory, old), { recursive: true, force: true });
  }
  const partial = `${complete}.partial`;
  mkdirSync(partial);
  const step = progress.step('Downloading Kafka and MariaDB from Maven Central');
  try {
    await promisify(execFile)(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        '--strict-checksums',
        `--file=${pom}`,
        `-Dtarget=${partial}`,
        `-Dmariadb.platform=${platform}`,
        'package',
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    // The archive is a jar, and jars keep no mode bits.
    for (const programs of ['bin', 'scripts']) {
      const folder = path.join(mariaDbBase(path.join(partial, 'mariadb')), programs);
      for (const program of readdirSync(folder)) chmodSync(path.join(folder, program), 0o755);
    }
    renameSync(partial, complete);
    step.done('Downloaded Kafka and MariaDB');
  } catch (error) {
    step.failed();
    const words = (error as { stdout?: string }).stdout?.trim() || (error as Error).message;
    throw new Error(`Maven could not download Kafka and MariaDB:\n${words}`, { cause: error });
  }
}

/** The folder that has `bin/mariadbd`: its path holds version and platform in the archive's own spelling. */
function mariaDbBase(unpacked: string): string {
  const found = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith(path.join('bin', 'mariadbd')),
  );
  if (found === undefined) throw new Error(`There is no bin/mariadbd in ${unpacked}.`);
  return path.dirname(path.dirname(path.join(unpacked, found)));
}
