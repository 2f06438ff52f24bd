import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { LOCAL_DIRECTORY } from '../../machine/paths';
import type { Progress } from '../../terminal/progress';
import { waitForLock } from '../exclusive-lock';
import { ProgramError } from '../program-error';
import { type Artifact, fileName, repositoryPath } from './artifact';
import { Downloader, sha256Of } from './fetch-file';
import { type MavenSettings, mavenSettings } from './maven-settings';

/** Downloads at once. */
const CONNECTIONS = 6;

const MEGABYTE = 1_000_000;

/** Files by the coordinates of their artifacts. */
export type ArtifactFiles = (artifact: Artifact) => string;

/** Folder that is built of artifacts. */
export interface ArtifactFolder {
  /** Content, in a few words with versions. */
  readonly content: string;
  readonly artifacts: readonly Artifact[];
  /** Inputs of the content besides the artifacts. @default none */
  readonly inputs?: readonly (string | Buffer)[];
  /** Holds the folder, and nothing but folders of earlier inputs. */
  readonly directory: string;
  /** Fills the folder, which is empty. */
  build(folder: string, fileOf: ArtifactFiles): Promise<void>;
}

/**
 * Returns a folder that is built of artifacts; downloads and builds it first if it is missing.
 *
 * The folder is named by the hash of the artifacts and the inputs, and gets its name only when it is complete: a partial
 * download, or one of another version, is never used. An artifact that Maven has already downloaded on this machine is taken
 * from there.
 *
 * @param settings @default those of Maven on this machine
 * @param downloads keeps what was downloaded. @default one folder of the project
 * @throws ProgramError with the address that could not be downloaded and why, or what the build says.
 */
export async function artifactFolder(
  options: ArtifactFolder,
  progress: Progress,
  settings = () => mavenSettings(process.env),
  downloads: string = path.join(LOCAL_DIRECTORY, 'downloads'),
): Promise<string> {
  const { artifacts, inputs = [], directory } = options;
  const hash = [...artifacts.map(({ coordinates, sha256 }) => `${coordinates} ${sha256}\n`), ...inputs]
    .reduce((sum, input) => sum.update(input), createHash('sha256'))
    .digest('hex')
    .slice(0, 12);
  const complete = path.join(directory, hash);
  if (existsSync(complete)) return complete;
  const lock = await waitForLock(path.join(downloads, 'lock'));
  try {
    if (!existsSync(complete)) {
      const fileOf = await download(options, settings(), downloads, progress);
      await build(options, complete, fileOf, progress);
    }
    return complete;
  } finally {
    lock.release();
  }
}

async function build(
  { content, directory, build: fill }: ArtifactFolder,
  complete: string,
  fileOf: ArtifactFiles,
  progress: Progress,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const old of readdirSync(directory)) {
    rmSync(path.join(directory, old), { recursive: true, force: true });
  }
  const partial = `${complete}.partial`;
  mkdirSync(partial);
  const step = progress.step(`Unpacking ${content}`);
  try {
    await fill(partial, fileOf);
    renameSync(partial, complete);
    step.done(`Unpacked ${content}`);
  } catch (error) {
    step.failed();
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    throw new ProgramError(
      `${content} could not be unpacked:\n${`${stdout ?? ''}${stderr ?? ''}`.trim() || message}`,
      directory,
      { cause: error },
    );
  }
}

/** Downloads what is on this machine in no other place. */
async function download(
  { content, artifacts }: ArtifactFolder,
  settings: MavenSettings,
  downloads: string,
  progress: Progress,
): Promise<ArtifactFiles> {
  const files = new Map<string, string>();
  const missing: Artifact[] = [];
  for (const artifact of artifacts) {
    const file = await fileOnMachine(artifact, settings, downloads);
    if (file === undefined) missing.push(artifact);
    else files.set(artifact.coordinates, file);
  }
  if (missing.length > 0) {
    const megabytes = Math.ceil(missing.reduce((sum, { bytes }) => sum + bytes, 0) / MEGABYTE);
    const { host } = new URL(settings.repository);
    const place = path.relative(process.cwd(), downloads);
    progress.note(`Downloading ${content} from ${host}, ${megabytes} MB, once; kept in ${place}`);
    const step = progress.step('Downloading, MB', megabytes);
    try {
      await downloadAll(missing, settings, downloads, countMegabytes(step.advance));
      step.done(`Downloaded ${content}`);
    } catch (error) {
      step.failed();
      throw new ProgramError((error as Error).message, downloads, { cause: error });
    }
    for (const artifact of missing) files.set(artifact.coordinates, path.join(downloads, fileName(artifact)));
  }
  return ({ coordinates }) => files.get(coordinates) as string;
}

/** An artifact that is there with the right checksum: from an earlier download or from Maven's. */
async function fileOnMachine(
  artifact: Artifact,
  { localRepository }: MavenSettings,
  downloads: string,
): Promise<string | undefined> {
  const places = [
    path.join(downloads, fileName(artifact)),
    path.join(localRepository, repositoryPath(artifact)),
  ];
  for (const file of places) {
    if (existsSync(file) && (await sha256Of(file)) === artifact.sha256) return file;
  }
  return undefined;
}

/** Downloads several at once, the largest first, and ends with the first failure. */
async function downloadAll(
  artifacts: readonly Artifact[],
  settings: MavenSettings,
  downloads: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const downloader = new Downloader(settings);
  const queue = artifacts.toSorted((a, b) => b.bytes - a.bytes);
  const work = async (): Promise<void> => {
    for (let artifact = queue.shift(); artifact !== undefined; artifact = queue.shift()) {
      const wanted = { path: repositoryPath(artifact), sha256: artifact.sha256 };
      await downloader.fetch({ ...wanted, file: path.join(downloads, fileName(artifact)) }, onBytes);
    }
  };
  const workers = Array.from({ length: CONNECTIONS }, () =>
    work().catch((error: unknown) => {
      queue.length = 0;
      downloader.close();
      throw error;
    }),
  );
  try {
    await Promise.all(workers);
  } finally {
    await Promise.allSettled(workers);
    downloader.close();
  }
}

/** Counts bytes in whole megabytes. */
function countMegabytes(advance: (megabytes: number) => void): (bytes: number) => void {
  let [bytes, shown] = [0, 0];
  return (more) => {
    bytes += more;
    const megabytes = Math.round(bytes / MEGABYTE);
    if (megabytes !== shown) advance(megabytes - shown);
    shown = megabytes;
  };
}
