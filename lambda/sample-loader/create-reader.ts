import type { Connection } from 'mysql2';
import type { DatabaseLogin } from '../shared/database-login';
import { rowsOf } from '../shared/mysql/rows-of';

/**
 * Recreates the account of `reader`, with the rights to read the tables of its database and the server's binary log, and no
 * others.
 *
 * @param administrator a connection that may create accounts
 * @param overTls whether the account may connect over TLS only
 */
export async function createReader(
  administrator: Connection,
  { user, password, database }: DatabaseLogin,
  overTls: boolean,
): Promise<void> {
  const requirement = overTls ? ' REQUIRE SSL' : '';
  const statements = [
    { sql: "DROP USER IF EXISTS ?@'%'", values: [user] },
    { sql: `CREATE USER ?@'%' IDENTIFIED BY ?${requirement}`, values: [user, password] },
    // In a grant "_" stands for any character.
    { sql: "GRANT SELECT ON ??.* TO ?@'%'", values: [database.replaceAll('_', '\\_'), user] },
    // There is one log for all databases of a server, so the grant cannot name one.
    { sql: "GRANT REPLICATION SLAVE ON *.* TO ?@'%'", values: [user] },
  ];
  for (const statement of statements) await rowsOf(administrator, statement);
}
