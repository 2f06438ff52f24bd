import path from 'node:path';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { serverFiles } from '../../scripts/local/downloads';
import { type ServerSettings, startMariaDb } from '../../scripts/local/mariadb';
import { silentProgress } from '../../scripts/terminal/progress';
import { mysqlProgram } from './mysql/mysql-program';
import { startMysql } from './mysql/mysql-server';
import { testDirectory, testServers } from './servers';

/**
 * A database server of a test file's own, whose settings the tests may change; of the kind that the tests are run against.
 *
 * @param settings to start it with. @default none
 */
export async function startDatabaseServer(settings: ServerSettings = {}): Promise<{
  readonly admin: DatabaseLogin;
  stop(): Promise<void>;
}> {
  const directory = path.join(testDirectory(), 'database');
  if (testServers().flavor === 'mysql')
    return await startMysql(await mysqlProgram(silentProgress), directory, settings);
  const { mariaDbBase } = await serverFiles(silentProgress);
  return await startMariaDb({ base: mariaDbBase, directory, settings });
}
