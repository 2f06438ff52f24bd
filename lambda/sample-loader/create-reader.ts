import { type ConnectionOptions, createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../emitter/database-login';

/** How an administrator of the database connects; TLS is up to them. */
export type AdministratorLogin = DatabaseLogin & Pick<ConnectionOptions, 'ssl'>;

/**
 * Creates the account of `reader` anew, with no right but to read the tables of its database; over TLS only, where the
 * administrator's own way there is TLS.
 */
export async function createReader(administrator: AdministratorLogin, reader: DatabaseLogin): Promise<void> {
  const connection = await createConnection(administrator);
  const requirement = administrator.ssl === undefined ? '' : ' REQUIRE SSL';
  try {
    await connection.query(`CREATE OR REPLACE USER ?@'%' IDENTIFIED BY ?${requirement}`, [
      reader.user,
      reader.password,
    ]);
    // In a grant "_" stands for any character.
    const database = reader.database.replaceAll('_', '\\_');
    await connection.query("GRANT SELECT ON ??.* TO ?@'%'", [database, reader.user]);
  } finally {
    await connection.end();
  }
}
