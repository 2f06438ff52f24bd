import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { killOrphans } from '../../scripts/local/child-processes';
import { LockedError, takeLock } from '../../scripts/local/exclusive-lock';
import { startLocalServers } from '../../scripts/local/pipeline-servers';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { writePrivateFile } from '../../scripts/machine/private-file';
import { terminalProgress } from '../../scripts/terminal/progress';
import { CertificateAuthority } from './certificates';
import { mysqlProgram } from './mysql/mysql-program';
import { startMysql } from './mysql/mysql-server';

/** The servers that all integration tests of one run share. */
export interface TestServers {
  /** The run's own directory; a test that starts servers of its own does so in a folder of it. */
  readonly directory: string;
  readonly bootstrapServers: string[];
  /** Which database the tests are run against. */
  readonly flavor: DatabaseFlavor;
  /** May do everything in the database. */
  readonly admin: DatabaseLogin;
}

/** The databases that the tests can be run against. */
export type DatabaseFlavor = 'mariadb' | 'mysql';

/** Runs are kept apart by process id, so that two of them can go on at once; the last one's logs stay until the next. */
const RUNS = path.join(LOCAL_DIRECTORY, 'test');

/** Names the file with the {@link TestServers} for the processes in which jest runs the tests. */
const VARIABLE = 'TEST_SERVERS_FILE';

/** Starts the shared servers and gives the way to stop them. */
export async function startTestServers(flavor: DatabaseFlavor = 'mariadb'): Promise<() => Promise<void>> {
  await removeEarlierRuns(RUNS);
  const directory = path.join(RUNS, String(process.pid));
  const progress = terminalProgress();
  const { certificate, key } = new CertificateAuthority(path.join(directory, 'tls')).issue(
    'mariadb',
    'IP:127.0.0.1',
  );
  const databaseSettings = { 'ssl-cert': certificate, 'ssl-key': key };
  const servers = await startLocalServers({ directory, databaseSettings, progress });
  const mysql =
    flavor === 'mysql'
      ? await startMysql(await mysqlProgram(progress), path.join(directory, 'mysql'))
      : undefined;
  const shared: TestServers = {
    directory,
    bootstrapServers: servers.kafka.bootstrapServers,
    flavor,
    admin: (mysql ?? servers.database).admin,
  };
  const file = path.join(directory, 'servers.json');
  writePrivateFile(file, JSON.stringify(shared));
  process.env[VARIABLE] = file;
  return async () => {
    await Promise.all([servers.stop(), mysql?.stop()]);
  };
}

/** The shared servers, for tests. */
export function testServers(): TestServers {
  const file = process.env[VARIABLE];
  if (file === undefined) throw new Error('Only tests of the integration project have servers.');
  return JSON.parse(readFileSync(file, 'utf8')) as TestServers;
}

/**
 * Removes the runs that are over, with the servers that a killed one left running.
 *
 * @param runs a directory with one directory for each run, in which the run holds the lock `lock`
 */
export async function removeEarlierRuns(runs: string): Promise<void> {
  mkdirSync(runs, { recursive: true });
  for (const run of readdirSync(runs)) {
    const directory = path.join(runs, run);
    try {
      takeLock(path.join(directory, 'lock')).release();
    } catch (error) {
      if (error instanceof LockedError) continue;
      throw error;
    }
    const folders = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.name.endsWith('.pid'),
    );
    for (const { parentPath } of folders) await killOrphans(parentPath);
    rmSync(directory, { recursive: true, force: true });
  }
}
