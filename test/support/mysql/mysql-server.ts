import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { startChild } from '../../../scripts/local/child-processes';
import { newPassword } from '../../../scripts/local/database-logins';
import type { ServerSettings } from '../../../scripts/local/mariadb';
import { freePorts } from '../../../scripts/machine/free-ports';
import { writePrivateFile } from '../../../scripts/machine/private-file';
import type { MysqlProgram } from './mysql-program';

/** A running MySQL on 127.0.0.1. */
export interface MysqlServer {
  /** The login that may do everything, in no database. */
  readonly admin: DatabaseLogin;
  stop(): Promise<void>;
}

/**
 * Starts MySQL with the settings that a new server has, and GTIDs.
 *
 * @param settings more of them. @default none
 */
export async function startMysql(
  { command, args }: MysqlProgram,
  directory: string,
  settings: ServerSettings = {},
): Promise<MysqlServer> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const data = path.join(directory, 'data');
  const common = [
    ...args,
    `--datadir=${data}`,
    '--secure-file-priv=',
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
  if (!existsSync(data)) await promisify(execFile)(command, [...common, '--initialize-insecure']);
  const [port] = (await freePorts(1)) as [number];
  const admin = { host: '127.0.0.1', port, user: 'admin', password: newPassword(), database: '' };
  const firstStatements = path.join(directory, 'first-statements.sql');
  writePrivateFile(
    firstStatements,
    `CREATE USER IF NOT EXISTS admin@'127.0.0.1';\nALTER USER admin@'127.0.0.1' IDENTIFIED BY '${admin.password}';\n` +
      "GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;\n",
  );
  const server = await startChild({
    name: 'mysql',
    directory,
    command,
    args: [
      ...common,
      `--init-file=${firstStatements}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      // Relative to the data directory, because the system allows a socket some 100 characters only.
      '--socket=mysql.sock',
      '--mysqlx=OFF',
      '--skip-name-resolve',
      '--local-infile=ON',
      '--gtid-mode=ON',
      '--enforce-gtid-consistency=ON',
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ],
  });
  await server.ready(async () => {
    const connection = await createConnection({ ...admin, database: undefined });
    await connection.end();
  });
  return { admin, stop: server.stop };
}
