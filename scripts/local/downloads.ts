import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LOCAL_DIRECTORY } from '../machine/paths';
import type { Progress } from '../terminal/progress';
import { mavenFolder } from './maven-folder';
import { mariaDbPlatform } from './platform';

/** Folders of the downloaded servers. */
export interface ServerFiles {
  /** The Java class path of Kafka: every jar of a folder. */
  readonly kafkaClassPath: string;
  /** The folder with the class that checks the tokens of MSK's IAM. */
  readonly iamClassPath: string;
  /** MariaDB's base directory, with `bin`, `scripts` and `share`. */
  readonly mariaDbBase: string;
}

/**
 * Variable that sets another version of Kafka than that of the pom, such as `4.1.1`. With it the tests show that the project
 * works with a version that MSK offers.
 */
export const KAFKA_VERSION_VARIABLE = 'LOCAL_KAFKA_VERSION';

/**
 * The servers' files, downloaded by Maven when they are not there yet (some 200 MB).
 *
 * @param directory @default the repository's folder for local servers, one for each {@link KAFKA_VERSION_VARIABLE}
 * @throws Error with Maven's own words when the download fails.
 */
export async function serverFiles(
  progress: Progress,
  directory: string = path.join(LOCAL_DIRECTORY, foldersName()),
): Promise<ServerFiles> {
  const platform = mariaDbPlatform();
  const kafkaVersion = process.env[KAFKA_VERSION_VARIABLE];
  const folder = await mavenFolder(
    {
      content: 'Kafka and MariaDB',
      pom: path.join(__dirname, 'pom.xml'),
      inputs: [
        readFileSync(path.join(__dirname, 'iam', 'MskIamTokenValidator.java')),
        platform,
        kafkaVersion ?? '',
      ],
      properties: {
        'mariadb.platform': platform,
        ...(kafkaVersion !== undefined && { 'kafka.version': kafkaVersion }),
      },
      directory,
      finish: makeProgramsRun,
    },
    progress,
  );
  return {
    kafkaClassPath: path.join(folder, 'kafka', '*'),
    iamClassPath: path.join(folder, 'iam'),
    mariaDbBase: mariaDbBase(path.join(folder, 'mariadb')),
  };
}

const foldersName = (): string => {
  const version = process.env[KAFKA_VERSION_VARIABLE];
  return version === undefined ? 'servers' : `servers-kafka-${version}`;
};

/** MariaDB's archive is a jar, and jars keep no mode bits. */
function makeProgramsRun(downloaded: string): void {
  for (const programs of ['bin', 'scripts']) {
    const folder = path.join(mariaDbBase(path.join(downloaded, 'mariadb')), programs);
    for (const program of readdirSync(folder)) chmodSync(path.join(folder, program), 0o755);
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
