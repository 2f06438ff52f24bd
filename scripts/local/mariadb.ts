import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { freePorts } from '../machine/free-ports';
import { writePrivateFile } from '../machine/private-file';
import { serverEnvironment } from '../machine/program-environment';
import { killOrphans, startChild } from './child-processes';
import { createDatabase, type DatabaseLogins, newPassword } from './database-logins';
import { ProgramError } from './program-error';

/** Options of MariaDB. */
export interface MariaDbOptions {
  /** MariaDB's base directory, from `serverFiles`. */
  readonly base: string;
  /** Its own directory for configuration, data and logs; created when missing. */
  readonly directory: string;
  /** True to discard the data of an earlier start. @default false */
  readonly fresh?: boolean;
  /** More settings. @default none */
  readonly settings?: ServerSettings;
}

/** Settings of MariaDB by name. https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables */
export type ServerSettings = Readonly<Record<string, string | number>>;

/** A running MariaDB on 127.0.0.1 with the database {@link SAMPLE_DATABASE}. */
export interface LocalMariaDb extends DatabaseLogins {
  readonly port: number;
  readonly pid: number;
  /** The login that may do everything, in no database. */
  readonly admin: DatabaseLogin;
  /** Stops the server. Calling it again is harmless. */
  stop(): Promise<void>;
}

/** The database that holds the sample tables. */
export const SAMPLE_DATABASE = 'pinterest_data_db';

/**
 * Starts MariaDB, with new random passwords at every start.
 *
 * @throws ProgramError with the end of the server's log when it does not come up.
 */
export async function startMariaDb(options: MariaDbOptions): Promise<LocalMariaDb> {
  const { base, directory } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  await killOrphans(directory);
  const data = path.join(directory, 'data');
  // A server removes at its start the temporary tables of every other one that has the same folder for them.
  const temporary = path.join(directory, 'tmp');
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  if (options.fresh) rmSync(data, { recursive: true, force: true });
  if (!existsSync(data)) await install(base, directory, data);

  const [port] = (await freePorts(1)) as [number];
  const admin: DatabaseLogin = {
    host: '127.0.0.1',
    port,
    user: 'admin',
    password: newPassword(),
    database: '',
  };
  const firstStatements = path.join(directory, 'first-statements.sql');
  const configuration = path.join(directory, 'mariadb.cnf');
  writePrivateFile(
    firstStatements,
    `CREATE OR REPLACE USER admin@127.0.0.1 IDENTIFIED BY '${admin.password}';\n` +
      'GRANT ALL PRIVILEGES ON *.* TO admin@127.0.0.1 WITH GRANT OPTION;\n',
  );
  const more = Object.entries(options.settings ?? {}).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(configuration, serverSettings(port) + more.join(''));

  const server = await startChild({
    name: 'mariadb',
    directory,
    command: path.join(base, 'bin', 'mariadbd'),
    args: [
      `--defaults-file=${configuration}`,
      // Not in the file, where some characters of a path would mean something else.
      `--basedir=${base}`,
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      `--init-file=${firstStatements}`,
      ...asRoot(),
    ],
    environment: serverEnvironment(),
  });
  try {
    await server.ready(() => answers(admin));
    rmSync(firstStatements);
    const logins = await createDatabase(admin, SAMPLE_DATABASE);
    return { port, pid: server.pid, admin, ...logins, stop: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** MariaDB refuses to run as root unless told so. */
const asRoot = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** Makes the data directory with the system tables; it gets its name only when complete. */
async function install(base: string, directory: string, data: string): Promise<void> {
  const partial = path.join(directory, 'data.partial');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  await bootstrap(base, partial);
  renameSync(partial, data);
}

/** Creates the system tables, as MariaDB's own mariadb-install-db does: that is a shell script that takes no path with a space. */
async function bootstrap(base: string, data: string): Promise<void> {
  const statements = [
    'CREATE DATABASE mysql;\nUSE mysql;\n',
    // No root without a password: it can log in by the socket only, as the root of this machine.
    "SET @auth_root_socket = 'root';\n",
    ...SYSTEM_TABLES.map((file) => readFileSync(path.join(base, 'share', file), 'utf8')),
  ];
  await new Promise<void>((resolve, reject) => {
    const server = execFile(
      path.join(base, 'bin', 'mariadbd'),
      [
        '--no-defaults',
        '--bootstrap',
        '--silent-startup',
        `--basedir=${base}`,
        `--datadir=${data}`,
        '--lc-messages=en_US',
        '--log-warnings=0',
        '--enforce-storage-engine=',
        '--max-allowed-packet=8M',
        ...asRoot(),
      ],
      { env: serverEnvironment(), maxBuffer: 64 * 1024 * 1024 },
      (error, _, log) => {
        if (error === null) return resolve();
        const end = log.trimEnd().split('\n').slice(-15).join('\n');
        reject(
          new ProgramError(`MariaDB could not create its system tables:\n${end}`, data, { cause: error }),
        );
      },
    );
    // A server that ends early closes the pipe; its own words say why.
    server.stdin?.on('error', () => {});
    server.stdin?.end(statements.join(''));
  });
}

/** Scripts in MariaDB's `share`, in the order of mariadb-install-db, without the texts of HELP. */
const SYSTEM_TABLES = [
  'mariadb_system_tables.sql',
  'mariadb_performance_tables.sql',
  'mariadb_system_tables_data.sql',
  'maria_add_gis_sp_bootstrap.sql',
  'mariadb_sys_schema.sql',
] as const;

const serverSettings = (port: number): string => `[mariadbd]
bind-address = 127.0.0.1
port = ${port}
# Relative to the data directory, because the system allows a socket some 100 characters only.
socket = mariadb.sock
pid-file = mariadb-server.pid
skip-name-resolve
default-time-zone = +00:00
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
max-allowed-packet = 64M
innodb-buffer-pool-size = 256M
innodb-log-file-size = 128M
# One second of sample data may be lost when the machine, not the server, goes down.
innodb-flush-log-at-trx-commit = 2
local-infile = ON
# A key and a certificate of its own take MariaDB many seconds at each start; other settings may give it some.
ssl = 0
# The log that the emitter follows, kept for a week as on AWS.
server-id = 1
log-bin = changes
binlog-format = ROW
binlog-row-metadata = FULL
binlog-expire-logs-seconds = 604800
`;

async function answers(login: DatabaseLogin): Promise<void> {
  const { host, port, user, password } = login;
  const connection = await createConnection({ host, port, user, password, connectTimeout: 2_000 });
  try {
    await connection.query('SELECT 1');
  } finally {
    await connection.end();
  }
}
