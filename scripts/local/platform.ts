/** The platforms that MariaDB is published for as an archive on Maven Central, by `process.platform` and `process.arch`. */
const MARIADB_PLATFORMS: Readonly<Record<string, string>> = {
  'linux x64': 'linux64',
  'darwin arm64': 'macos-arm64',
};

/**
 * The suffix of the Maven artifact with MariaDB for a platform.
 *
 * @throws Error that says what to do instead when there is none.
 */
export function mariaDbPlatform(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
): string {
  const name = `${platform} ${architecture}`;
  const found = MARIADB_PLATFORMS[name];
  if (found === undefined) {
    throw new Error(
      `There is no MariaDB to download for ${name} (there is for ${Object.keys(MARIADB_PLATFORMS).join(', ')}). ` +
        'Use servers of your own: npm start -- --creds db_creds.yaml --brokers host:port --user-id ID',
    );
  }
  return found;
}
