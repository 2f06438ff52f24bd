import { execFile } from 'node:child_process';
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_DIRECTORY } from '../machine/paths';
import { serverEnvironment } from '../machine/program-environment';
import { ExpectedError } from '../terminal/expected-error';
import type { Progress } from '../terminal/progress';
import { type Artifact, fileName, parseArtifacts } from './artifacts/artifact';
import { artifactFolder } from './artifacts/artifact-folder';
import { kafkaList, kafkaVersions } from './artifacts/kafka-list';
import { unzip } from './artifacts/unzip';
import { MARIADB_VERSION, mariaDbArtifact } from './platform';

/** Folders of the downloaded servers. */
export interface ServerFiles {
  /** The Java class path of Kafka: every jar of a folder. */
  readonly kafkaClassPath: string;
  /** The folder with the class that checks the tokens of MSK's IAM. */
  readonly iamClassPath: string;
  /** MariaDB's base directory, with `bin`, `scripts` and `share`. */
  readonly mariaDbBase: string;
}

/** Version of Kafka that is downloaded. */
export const KAFKA_VERSION = '3.9.2';

/**
 * Variable that sets another version of Kafka, such as `4.2.2`. With it the tests show that the project works with a version
 * that MSK offers.
 */
export const KAFKA_VERSION_VARIABLE = 'LOCAL_KAFKA_VERSION';

/** Eclipse's compiler, which needs no JDK; this version runs on Java 17. */
const COMPILER: Artifact = {
  coordinates: 'org.eclipse.jdt:ecj:3.32.0',
  sha256: '07e034c44a019c0c6394a06ee7b5c344e5518f6083c0fd046f2d8fd16a6760e2',
  bytes: 3_237_597,
};

/** The class that checks the tokens of MSK's IAM. */
const IAM_SOURCE = path.join(__dirname, 'iam', 'MskIamTokenValidator.java');

/** What is downloaded for the servers: Kafka's jars, MariaDB, and what compiles the class that checks tokens. */
export const serverArtifacts = (
  version: string = KAFKA_VERSION,
  ...platform: Parameters<typeof mariaDbArtifact>
): { readonly kafka: readonly Artifact[]; readonly mariaDb: Artifact; readonly compiler: Artifact } => ({
  kafka: kafkaJars(version),
  mariaDb: mariaDbArtifact(...platform),
  compiler: COMPILER,
});

/**
 * The servers' files, downloaded when they are not there yet (some 210 MB).
 *
 * @param directory @default the repository's folder for local servers, one for each {@link KAFKA_VERSION_VARIABLE}
 * @throws ProgramError with the address when the download fails.
 * @throws ExpectedError for a version of Kafka that there is no list of jars for.
 */
export async function serverFiles(
  progress: Progress,
  directory: string = path.join(LOCAL_DIRECTORY, foldersName()),
): Promise<ServerFiles> {
  const version = process.env[KAFKA_VERSION_VARIABLE] ?? KAFKA_VERSION;
  const { kafka, mariaDb, compiler } = serverArtifacts(version);
  const folder = await artifactFolder(
    {
      content: `Kafka ${version} and MariaDB ${MARIADB_VERSION}`,
      artifacts: [...kafka, mariaDb, compiler],
      inputs: [readFileSync(IAM_SOURCE)],
      directory,
      build: async (built, fileOf) => {
        const jars = path.join(built, 'kafka');
        mkdirSync(jars);
        await Promise.all(kafka.map((jar) => linkOrCopy(fileOf(jar), path.join(jars, fileName(jar)))));
        await Promise.all([
          compileIam(built, fileOf(compiler)),
          unzip(fileOf(mariaDb), path.join(built, 'mariadb')),
        ]);
        makeProgramsRun(built);
      },
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

function kafkaJars(version: string): Artifact[] {
  if (!existsSync(kafkaList(version))) {
    throw new ExpectedError(
      `${KAFKA_VERSION_VARIABLE} is "${version}": allowed: ${kafkaVersions().join(', ')}.`,
    );
  }
  return parseArtifacts(readFileSync(kafkaList(version), 'utf8'));
}

/** Spares the space of a second copy where the file system can. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    linkSync(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/** Compiles in the folder, by relative paths: because a colon in a path would end it in a class path. */
async function compileIam(folder: string, compiler: string): Promise<void> {
  const classPath = readdirSync(path.join(folder, 'kafka')).map((jar) => path.join('kafka', jar));
  const options = ['-source', '17', '-target', '17', '-nowarn', '-proc:none', '-d', 'iam'];
  await promisify(execFile)(
    'java',
    ['-jar', compiler, ...options, '-classpath', classPath.join(':'), IAM_SOURCE],
    { cwd: folder, env: serverEnvironment() },
  );
}

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
