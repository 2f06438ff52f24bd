import {
  AccessDeniedError,
  ConfigurationError,
  PipelineError,
  SessionError,
  TableError,
  UnknownError,
  UnreachableError,
} from '../errors';
import { NETWORK_CODES } from '../network-codes';
import { tlsError } from './database-tls';

type Kind = 'access' | 'configuration' | 'session' | 'table' | 'unreachable';

/**
 * The kind of error that a server's number stands for. Numbers below 1900 are those of both servers.
 *
 * https://mariadb.com/docs/server/reference/error-codes
 * https://dev.mysql.com/doc/mysql-errors/9.7/en/server-error-reference.html
 */
const KIND_OF_NUMBER: ReadonlyMap<number, Kind> = new Map([
  ...[
    1044, // ER_DBACCESS_DENIED_ERROR
    1045, // ER_ACCESS_DENIED_ERROR
    1129, // ER_HOST_IS_BLOCKED
    1130, // ER_HOST_NOT_PRIVILEGED
    1142, // ER_TABLEACCESS_DENIED_ERROR
    1143, // ER_COLUMNACCESS_DENIED_ERROR
    1227, // ER_SPECIFIC_ACCESS_DENIED_ERROR
    1698, // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    1820, // ER_MUST_CHANGE_PASSWORD
    1862, // ER_MUST_CHANGE_PASSWORD_LOGIN
    1873, // ER_ACCESS_DENIED_CHANGE_USER_ERROR
    3118, // MySQL: ER_ACCOUNT_HAS_BEEN_LOCKED
    3955, // MySQL: ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK
    4151, // MariaDB: ER_ACCOUNT_HAS_BEEN_LOCKED
  ].map((number) => [number, 'access'] as const),
  ...[
    1049, // ER_BAD_DB_ERROR
    1524, // ER_PLUGIN_IS_NOT_LOADED
  ].map((number) => [number, 'configuration'] as const),
  ...[
    1193, // ER_UNKNOWN_SYSTEM_VARIABLE
    1231, // ER_WRONG_VALUE_FOR_VAR
    1238, // ER_INCORRECT_GLOBAL_LOCAL_VAR
  ].map((number) => [number, 'session'] as const),
  ...[
    1016, // ER_CANT_OPEN_FILE
    1017, // ER_FILE_NOT_FOUND
    1021, // ER_DISK_FULL
    1030, // ER_GET_ERRNO
    1033, // ER_NOT_FORM_FILE
    1034, // ER_NOT_KEYFILE
    1054, // ER_BAD_FIELD_ERROR
    1114, // ER_RECORD_FILE_FULL
    1146, // ER_NO_SUCH_TABLE
    1153, // ER_NET_PACKET_TOO_LARGE
    1194, // ER_CRASHED_ON_USAGE
    1195, // ER_CRASHED_ON_REPAIR
    1286, // ER_UNKNOWN_STORAGE_ENGINE
    1296, // ER_GET_ERRMSG
    1356, // ER_VIEW_INVALID
    1429, // ER_CONNECT_TO_FOREIGN_DATA_SOURCE
    1431, // ER_FOREIGN_DATA_SOURCE_DOESNT_EXIST
    1712, // ER_INDEX_CORRUPT
    1812, // ER_TABLESPACE_MISSING
    1877, // ER_TABLE_CORRUPT
    1932, // MariaDB: ER_NO_SUCH_TABLE_IN_ENGINE
    3554, // MySQL: ER_NO_SYSTEM_TABLE_ACCESS
  ].map((number) => [number, 'table'] as const),
  ...[
    1040, // ER_CON_COUNT_ERROR
    1053, // ER_SERVER_SHUTDOWN
    1077, // ER_NORMAL_SHUTDOWN
    1079, // ER_SHUTDOWN_COMPLETE
    1152, // ER_ABORTING_CONNECTION
    1158, // ER_NET_READ_ERROR
    1159, // ER_NET_READ_INTERRUPTED
    1160, // ER_NET_ERROR_ON_WRITE
    1161, // ER_NET_WRITE_INTERRUPTED
    1184, // ER_NEW_ABORTING_CONNECTION
    1203, // ER_TOO_MANY_USER_CONNECTIONS
    1205, // ER_LOCK_WAIT_TIMEOUT
    1213, // ER_LOCK_DEADLOCK
    1226, // ER_USER_LIMIT_REACHED
    1317, // ER_QUERY_INTERRUPTED
    1412, // ER_TABLE_DEF_CHANGED: it was altered after the snapshot was taken
    1615, // ER_NEED_REPREPARE
    1637, // ER_TOO_MANY_CONCURRENT_TRXS
    1927, // MariaDB: ER_CONNECTION_KILLED
    1969, // MariaDB: ER_STATEMENT_TIMEOUT
    3024, // MySQL: ER_QUERY_TIMEOUT
    3168, // MySQL: ER_SERVER_ISNT_AVAILABLE
    3169, // MySQL: ER_SESSION_WAS_KILLED
    4031, // MySQL: ER_CLIENT_INTERACTION_TIMEOUT
  ].map((number) => [number, 'unreachable'] as const),
]);

/** The kind of error that a code of Node or of the driver stands for. */
const KIND_OF_CODE: ReadonlyMap<string, Kind> = new Map([
  ...[...NETWORK_CODES, 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'].map(
    (code) => [code, 'unreachable'] as const,
  ),
  ...['AUTH_SWITCH_PLUGIN_ERROR', 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED', 'HANDSHAKE_UNKNOWN_ERROR'].map(
    (code) => [code, 'configuration'] as const,
  ),
]);

interface DatabaseDriverError extends Error {
  readonly code?: string;
  /** The server's number; of an error of the network the negative one of the operating system. */
  readonly errno?: number;
  /** Whether the connection is over. */
  readonly fatal?: boolean;
}

/**
 * Translates an error of the driver. Errors are told apart by the server's number, or by the code of Node or the driver.
 *
 * @param database names the database by host and port
 * @param table that was read, if any: the server does not say to which one a missing column belongs
 */
export function databaseError(error: unknown, database: string, table?: string): Error {
  const known = error instanceof PipelineError ? error : tlsError(error, database);
  if (known !== undefined) return known;
  const { code = '', errno = 0, fatal = false } = error as DatabaseDriverError;
  // Some of the driver's own end with a full stop.
  const message = (error as Error).message.replace(/\.$/, '');
  const options = { cause: error };
  const place = table === undefined ? database : `${database}, table ${table},`;
  switch (KIND_OF_NUMBER.get(errno) ?? KIND_OF_CODE.get(code)) {
    case 'access':
      return new AccessDeniedError(`The database ${database} denies access: ${message}.`, options);
    case 'configuration':
      return errno === ER_BAD_DB_ERROR
        ? new ConfigurationError(
            `The server of ${database} does not have that database: ${message}.`,
            options,
          )
        : new ConfigurationError(
            `This client cannot log in to ${database} with the authentication that the server requires: ${message}.`,
            options,
          );
    case 'session':
      return new SessionError(`The session of ${database} cannot be set up: ${message}.`, options);
    case 'table':
      return new TableError(`The database ${place} says: ${message}.`, options);
    case 'unreachable':
      return new UnreachableError(`The database ${database} is out of reach: ${message}.`, options);
    default:
      if (errno > 0 || code.startsWith('PROTOCOL_'))
        return new UnknownError(
          `The database ${place} answered with an unknown error: ${message} (${code}, ${errno}).`,
          options,
        );
      // What was asked of a connection that was lost before has neither a number nor a code.
      return fatal
        ? new UnreachableError(`The database ${database} is out of reach: ${message}.`, options)
        : (error as Error);
  }
}

const ER_BAD_DB_ERROR = 1049;
