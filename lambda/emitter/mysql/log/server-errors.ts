import type { DatabaseLogin } from '../../../shared/database-login';
import { LogRefusedError } from '../../../shared/errors';
import { databaseError } from '../../../shared/mysql/mysql-errors';
import { lost } from './lost';

/** The server cannot send its log; it has this number for any reason. */
const ER_MASTER_FATAL_ERROR_READING_BINLOG = 1236;
/** MariaDB: there is no such file. */
const ER_UNKNOWN_TARGET_BINLOG = 1373;

/** Numbers of what a server says when the login lacks a privilege. */
const DENIED = new Set([1044, 1045, 1142, 1227]);

/** Reasons by the server's words, which differ between servers and versions; the first one that fits. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /diverged|not in the master's binlog|has more GTIDs|higher sequence/i,
    'the log has diverged from what was read before',
  ],
  [/purged|could not find|too old/i, 'the log is purged past what was read before'],
  [/max_allowed_packet/i, 'the log has an event that is longer than max_allowed_packet'],
];

/**
 * Translates what a server says instead of its log.
 *
 * @param login with which the log was asked for
 */
export function logError(error: unknown, login: DatabaseLogin): Error {
  const { errno = 0, message } = error as Error & { readonly errno?: number };
  const place = `${login.host}:${login.port}`;
  if (DENIED.has(errno))
    return new LogRefusedError(
      `The login ${login.user} may not read the log of changes of ${place}. Allow it: GRANT REPLICATION SLAVE ON *.* TO '${login.user}'@'<host>'.`,
      { cause: error },
    );
  if (errno === ER_MASTER_FATAL_ERROR_READING_BINLOG && /log is not open/i.test(message))
    return new LogRefusedError(`The server ${place} keeps no log of changes: log_bin is OFF.`, {
      cause: error,
    });
  if (errno !== ER_MASTER_FATAL_ERROR_READING_BINLOG && errno !== ER_UNKNOWN_TARGET_BINLOG)
    return databaseError(error, place);
  const [, reason] = REASONS.find(([words]) => words.test(message)) ?? [];
  return lost(reason ?? `the server cannot send its log: ${message}`, error);
}

/** Whether the server has not got a file of its log, or not any more. */
export const isMissingFile = (error: unknown): boolean => {
  const { errno, message } = error as Error & { readonly errno?: number };
  return (
    errno === ER_UNKNOWN_TARGET_BINLOG ||
    (errno === ER_MASTER_FATAL_ERROR_READING_BINLOG &&
      /could not find|not found|failed to open/i.test(message))
  );
};
