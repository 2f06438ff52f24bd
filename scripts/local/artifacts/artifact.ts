import path from 'node:path';

/** File of a Maven repository. */
export interface Artifact {
  /** `group:name:version`, then `:classifier` and `:extension` where they are not those of a jar. */
  readonly coordinates: string;
  readonly sha256: string;
  /** Size. */
  readonly bytes: number;
}

/** The path of an artifact in a Maven repository, with slashes. */
export function repositoryPath({ coordinates }: Artifact): string {
  const [group = '', name = '', version = '', classifier = '', extension = 'jar'] = coordinates.split(':');
  const file = `${name}-${version}${classifier === '' ? '' : `-${classifier}`}.${extension}`;
  return [...group.split('.'), name, version, file].join('/');
}

/** The name of an artifact's file. */
export const fileName = (artifact: Artifact): string => path.posix.basename(repositoryPath(artifact));

/**
 * Reads a list of artifacts: a line each, with the SHA-256, the bytes and the coordinates.
 *
 * @throws Error that quotes a line of another form.
 */
export const parseArtifacts = (text: string): Artifact[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, sha256, bytes, coordinates] = line.match(/^([0-9a-f]{64}) +(\d+) +(\S+:\S+:\S+)$/) ?? [];
      if (sha256 === undefined || bytes === undefined || coordinates === undefined)
        throw new Error(`Not an artifact: "${line}". Allowed: SHA-256, bytes, group:name:version.`);
      return { sha256, bytes: Number(bytes), coordinates };
    });

/** Writes the list that {@link parseArtifacts} reads. */
export const artifactsText = (artifacts: readonly Artifact[]): string =>
  artifacts
    .map(({ sha256, bytes, coordinates }) => `${sha256}  ${String(bytes).padStart(8)}  ${coordinates}\n`)
    .join('');
