import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Connection, createConnection } from 'mysql2';
import type { DatabaseLogin } from '../database-login';
import type { EmitterEnvironment } from '../environment';
import { AccessDeniedError } from '../errors';
import { tlsOptions } from './database-tls';
import { databaseError } from './mysql-errors';
import { setUpSession } from './session';

/** Time to connect to the database, in milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Connects to the database.
 *
 * Results come as arrays of the bytes that the text protocol carries: the only form in which a FLOAT has the digits
 * that the database prints. The session is set up so that nothing the server is set to changes what they hold.
 *
 * @param stream leads to the server another way than by its host and port; TLS verifies the host all the same
 * @throws EmitterError that says whether the server refused, was out of reach, or could not be trusted.
 */
export async function connectToDatabase(
  login: DatabaseLogin,
  tls: EmitterEnvironment['database']['tls'],
  stream?: Socket,
): Promise<Connection> {
  const connection = createConnection({
    host: login.host,
    port: login.port,
    user: login.user,
    password: login.password,
    database: login.database,
    charset: 'utf8mb4',
    rowsAsArray: true,
    typeCast: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    ...tlsOptions(tls, login, stream),
  });
  try {
    await once(connection, 'connect');
    // A connection without a listener for errors would end the process when it is lost between two queries.
    connection.on('error', () => {});
    await setUpSession(connection, login.database);
    return connection;
  } catch (error) {
    breakConnection(connection);
    throw databaseError(error, `${login.host}:${login.port}/${login.database}`);
  }
}

/**
 * Connects with a login that may have been replaced since it was read: if it is refused, it is read again, once.
 *
 * @param readLogin reads the login; told to `refresh` when a kept one was refused
 */
export async function connectWithFreshLogin(
  readLogin: (refresh: boolean) => Promise<DatabaseLogin>,
  tls: EmitterEnvironment['database']['tls'],
): Promise<{ readonly connection: Connection; readonly login: DatabaseLogin }> {
  const login = await readLogin(false);
  try {
    return { login, connection: await connectToDatabase(login, tls) };
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
    const fresh = await readLogin(true);
    if (fresh.password === login.password && fresh.user === login.user) throw error;
    return { login: fresh, connection: await connectToDatabase(fresh, tls) };
  }
}

/**
 * Ends a connection at once, whatever runs on it.
 *
 * The driver's `destroy` only says that nothing more will be asked: a server that is held back in the middle of a result
 * would wait for its reader, and keep the table locked against changes, until its time is over.
 */
export function breakConnection(connection: Connection): void {
  connection.destroy();
  (connection as unknown as { readonly stream: Socket }).stream.destroy();
}
