import { AccessDeniedError, ConfigurationError, EmitterError, TableError, UnreachableError } from '../errors';
import { tlsError } from './database-tls';

/** The server refuses this user. https://mariadb.com/docs/server/reference/error-codes */
const ACCESS_DENIED = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_HOST_IS_BLOCKED',
]);

const TABLE_OR_COLUMN = new Set(['ER_NO_SUCH_TABLE', 'ER_BAD_FIELD_ERROR']);

/** What a later try may find mended: the network, a server that restarts or has too many connections, a query that was killed. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_NET_READ_INTERRUPTED',
  'ER_NET_WRITE_INTERRUPTED',
  'ER_NORMAL_SHUTDOWN',
  'ER_QUERY_INTERRUPTED',
  'ER_SERVER_SHUTDOWN',
  'ER_STATEMENT_TIMEOUT',
  'ER_TOO_MANY_USER_CONNECTIONS',
]);

/** MariaDB's "Connection was killed", which the driver has no name for. */
const CONNECTION_KILLED_ERRNO = 1927;

/**
 * Turns an error of the driver into one of the emitter's.
 *
 * @param database names the database by host and port
 * @param table that was read, if any: the server does not say to which one a missing column belongs
 */
export function databaseError(error: unknown, database: string, table?: string): Error {
  const known = error instanceof EmitterError ? error : tlsError(error, database);
  if (known !== undefined) return known;
  const { code = '', errno, sqlState, message } = error as NodeJS.ErrnoException & { sqlState?: string };
  const options = { cause: error };
  if (ACCESS_DENIED.has(code)) {
    return new AccessDeniedError(`The database ${database} denies access: ${message}.`, options);
  }
  if (code === 'ER_BAD_DB_ERROR') {
    return new ConfigurationError(
      `The server of ${database} does not have that database: ${message}.`,
      options,
    );
  }
  if (code.startsWith('HANDSHAKE_')) {
    return new ConfigurationError(`The database ${database} cannot be trusted: ${message}.`, options);
  }
  if (
    UNREACHABLE.has(code) ||
    errno === CONNECTION_KILLED_ERRNO ||
    (error as { fatal?: boolean }).fatal === true
  ) {
    return new UnreachableError(`The database ${database} is out of reach: ${message}.`, options);
  }
  // Anything else that the server answers: a missing table or column, one that is damaged, a server out of space.
  if (TABLE_OR_COLUMN.has(code) || sqlState !== undefined) {
    const place = table === undefined ? database : `${database}, table ${table},`;
    return new TableError(`The database ${place} says: ${message}.`, options);
  }
  return error as Error;
}
