import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { stringify } from 'yaml';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { writePrivateFile } from '../machine/private-file';

/** The two logins of a database on this machine. */
export interface DatabaseLogins {
  /** May do everything in its database: creates and loads the tables. */
  readonly owner: DatabaseLogin;
  /** May read its database and the log of changes and nothing else, as the emitter's login on AWS should be. */
  readonly emitter: DatabaseLogin;
}

/** A password that needs no escaping in SQL, YAML or a URL; 192 random bits. */
export const newPassword = (): string => randomBytes(24).toString('base64url');

/**
 * Creates a database unless it is there, and its two logins with new passwords.
 *
 * @param admin a login that may create databases and logins.
 * @param database its name; letters, digits and `_`.
 * @param prefix begins the names of the logins, so that those of several databases differ. @default ''
 */
export async function createDatabase(
  admin: DatabaseLogin,
  database: string,
  prefix = '',
): Promise<DatabaseLogins> {
  const login = (user: string): DatabaseLogin => ({ ...admin, user, password: newPassword(), database });
  const logins = { owner: login(`${prefix}owner`), emitter: login(`${prefix}emitter`) };
  await asAdmin(admin, [
    `CREATE DATABASE IF NOT EXISTS \`${database}\``,
    `DROP USER IF EXISTS '${logins.owner.user}'@'127.0.0.1', '${logins.emitter.user}'@'127.0.0.1'`,
    `CREATE USER '${logins.owner.user}'@'127.0.0.1' IDENTIFIED BY '${logins.owner.password}'`,
    `CREATE USER '${logins.emitter.user}'@'127.0.0.1' IDENTIFIED BY '${logins.emitter.password}'`,
    // In a grant "_" stands for any character.
    `GRANT ALL PRIVILEGES ON \`${database.replaceAll('_', '\\_')}\`.* TO '${logins.owner.user}'@'127.0.0.1'`,
    `GRANT SELECT ON \`${database.replaceAll('_', '\\_')}\`.* TO '${logins.emitter.user}'@'127.0.0.1'`,
    `GRANT REPLICATION SLAVE ON *.* TO '${logins.emitter.user}'@'127.0.0.1'`,
  ]);
  return logins;
}

/** Drops what {@link createDatabase} created. */
export const dropDatabase = (admin: DatabaseLogin, { owner, emitter }: DatabaseLogins): Promise<void> =>
  asAdmin(admin, [
    `DROP DATABASE IF EXISTS \`${owner.database}\``,
    `DROP USER IF EXISTS '${owner.user}'@'127.0.0.1', '${emitter.user}'@'127.0.0.1'`,
  ]);

/** Writes a login as `db_creds.yaml`, which only the file's owner may read. */
export const writeCredentialsFile = (file: string, login: DatabaseLogin): void =>
  writePrivateFile(
    file,
    stringify(
      {
        HOST: login.host,
        PORT: login.port,
        USER: login.user,
        PASSWORD: login.password,
        DATABASE: login.database,
      },
      // On one line each, and so that no YAML takes one for anything but text.
      { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 },
    ),
  );

async function asAdmin(admin: DatabaseLogin, statements: readonly string[]): Promise<void> {
  const { host, port, user, password } = admin;
  const connection = await createConnection({ host, port, user, password });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
