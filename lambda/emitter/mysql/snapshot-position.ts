import type { Connection } from 'mysql2';
import { rowsOf } from '../../shared/mysql/rows-of';
import { beginSnapshot } from '../../shared/mysql/session';

/** The kind of a server, by which its log is read. */
export type LogServer = 'mariadb' | 'mysql';

/** Where a snapshot stands in the server's log of changes. */
export interface SnapshotPoint {
  readonly server: LogServer;
  /** MariaDB: its GTID position. MySQL: a set of GTIDs all of which the snapshot holds; it may hold a few more. */
  readonly gtid: string;
  /** The server's clock, in microseconds since 1970, once the snapshot was open. */
  readonly takenAt: number;
  /** Which columns of a row its log has, in upper case. */
  readonly rowImage: string;
  /** Whether its log shows what ON DELETE CASCADE and its like do. */
  readonly logsCascades: boolean;
}

/** Reason why changes cannot be followed: because of how the server keeps its log, or because of the table. */
export interface Refusal {
  readonly refused: 'log' | 'table';
  readonly reason: string;
}

/** The position of a log in which nothing has been written yet: a position is never an empty text. */
export const NOTHING_YET = '-';

/**
 * Length of the longest position that is followed. A few of them are kept in the metadata of a Kafka offset, which holds
 * 4,096 bytes.
 */
const LONGEST_POSITION = 700;

/**
 * Opens a snapshot, as {@link beginSnapshot}, and tells where it stands in the log of changes. Needs no privilege.
 *
 * @returns with the snapshot open in any case.
 */
export async function beginSnapshotWithPosition(connection: Connection): Promise<SnapshotPoint | Refusal> {
  // MySQL tells no position of a snapshot: what had been committed before it was opened is certainly in it.
  const before = await settingsOf(connection);
  await beginSnapshot(connection);
  const reason = refusalBy(before);
  if (reason !== undefined) return { refused: 'log', reason };
  const [[now, file, atFile] = []] = await rowsOf(connection, { sql: READ_POSITION });
  const server = before.has('GTID_MODE') ? 'mysql' : 'mariadb';
  if (server === 'mariadb' && (file === undefined || file?.length === 0 || atFile === null))
    return { refused: 'log', reason: 'the server has no position in its log for a snapshot' };
  const gtid = (before.get('GTID_EXECUTED') ?? String(atFile)).replaceAll(/\s/g, '');
  if (gtid.length > LONGEST_POSITION)
    return {
      refused: 'log',
      reason: `its position has ${gtid.length} characters, and ${LONGEST_POSITION} are the most that is kept`,
    };
  return {
    server,
    gtid: gtid === '' ? NOTHING_YET : gtid,
    takenAt: Math.round(Number(now) * 1e6),
    rowImage: (before.get('BINLOG_ROW_IMAGE') ?? 'FULL').toUpperCase(),
    logsCascades: before.get('INNODB_NATIVE_FOREIGN_KEYS') === 'OFF',
  };
}

/** Settings of either server; those of the other one are not there. */
const SETTINGS = [
  'log_bin',
  'binlog_format',
  'binlog_row_image',
  'binlog_row_value_options',
  'binlog_do_db',
  'binlog_ignore_db',
  'gtid_mode',
  'gtid_executed',
  'gtid_slave_pos',
  'log_slave_updates',
  'log_replica_updates',
  'innodb_native_foreign_keys',
];

const READ_SETTINGS = `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${SETTINGS.map((name) => `'${name}'`).join(', ')})`;

/** MariaDB tells the file and the position of the snapshot that its session has open. */
const READ_POSITION = `SELECT UNIX_TIMESTAMP(NOW(6)) /*M!100300 , file, BINLOG_GTID_POS(file, position)
  FROM (SELECT MAX(IF(VARIABLE_NAME = 'BINLOG_SNAPSHOT_FILE', VARIABLE_VALUE, '')) AS file,
               MAX(IF(VARIABLE_NAME = 'BINLOG_SNAPSHOT_POSITION', VARIABLE_VALUE, 0)) + 0 AS position
        FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME LIKE 'binlog_snapshot_%') AS snapshot */`;

async function settingsOf(connection: Connection): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(connection, { sql: READ_SETTINGS });
  return new Map(rows.map(([name, value]) => [String(name).toUpperCase(), String(value ?? '')]));
}

/** The setting because of which changes would be missing in the log, or could not be found there. */
function refusalBy(settings: ReadonlyMap<string, string>): string | undefined {
  const must = (name: string, ...allowed: string[]): string | undefined => {
    const value = settings.get(name.toUpperCase());
    if (value === undefined || allowed.includes(value.toUpperCase())) return undefined;
    return `${name} is ${value === '' ? 'empty' : value}, and must be ${allowed[0] === '' ? 'empty' : allowed[0]}`;
  };
  const isReplica = settings.has('LOG_REPLICA_UPDATES') || (settings.get('GTID_SLAVE_POS') ?? '') !== '';
  return (
    must('log_bin', 'ON', '1') ??
    must('binlog_format', 'ROW') ??
    must('gtid_mode', 'ON') ??
    must('binlog_row_value_options', '') ??
    must('binlog_do_db', '') ??
    must('binlog_ignore_db', '') ??
    (isReplica ? must('log_slave_updates', 'ON', '1') : undefined) ??
    must('log_replica_updates', 'ON', '1')
  );
}
