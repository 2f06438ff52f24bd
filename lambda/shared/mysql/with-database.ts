import type { Connection } from 'mysql2';
import type { DatabaseLogin } from '../database-login';
import type { EmitterEnvironment } from '../environment';
import { breakConnection, connectToDatabase } from './mysql-connection';
import { databaseError } from './mysql-errors';

/**
 * Connects to a database, does something there, and ends the connection, whatever runs on it.
 *
 * @throws PipelineError for whatever the database refuses, or as {@link connectToDatabase}.
 */
export async function withDatabase<T>(
  login: DatabaseLogin,
  tls: EmitterEnvironment['database']['tls'],
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connectToDatabase(login, tls);
  try {
    return await work(connection);
  } catch (error) {
    throw databaseError(error, `${login.host}:${login.port}/${login.database}`);
  } finally {
    breakConnection(connection);
  }
}
