import type { Connection } from 'mysql2';
import type { DatabaseLogin } from '../../../shared/database-login';
import { UnreachableError } from '../../../shared/errors';
import { breakConnection, connectWithFreshLogin } from '../../../shared/mysql/mysql-connection';
import { rowsOf } from '../../../shared/mysql/rows-of';
import type { DatabaseTls } from '../../../shared/trusted-certificates';
import { dumpOfFile, dumpWithout, LogDump, type OnEvent } from './dump';
import { ChecksummedEvents, EventKind } from './events';
import type { GtidSet } from './gtid-set';
import { type LogFile, rotationOf } from './origin';

/** Where reading begins: at the beginning of a file, or behind a position. */
export type LogStart = { readonly file: string } | { readonly mariaDb: string } | { readonly mysql: GtidSet };

/** A connection on which a log is read, once. */
export class LogConnection {
  readonly place: string;
  private dump: LogDump | undefined;
  private cancelled: Error | undefined;

  private constructor(
    private readonly connection: Connection,
    readonly login: DatabaseLogin,
    /** Identity of the server. */
    readonly server: string,
    private readonly timeoutMs: number,
  ) {
    this.place = `${login.host}:${login.port}`;
  }

  /** Connects. */
  static async open(
    readLogin: (refresh: boolean) => Promise<DatabaseLogin>,
    tls: DatabaseTls,
    timeoutMs: number,
  ): Promise<LogConnection> {
    const { connection, login } = await connectWithFreshLogin(readLogin, tls);
    try {
      const [identity = []] = await rowsOf(connection, { sql: READ_IDENTITY });
      return new LogConnection(connection, login, String(identity.at(-1)), timeoutMs);
    } catch (error) {
      breakConnection(connection);
      throw error;
    }
  }

  /** Asks for the log; `onEvent` is told each event until it has enough. */
  async read(start: LogStart, onEvent: OnEvent): Promise<LogDump> {
    await rowsOf(this.connection, {
      sql: `${SET_UP}${'mariaDb' in start ? SET_UP_POSITION : ''}`,
      values: Object.values(start),
    });
    if (this.cancelled !== undefined) throw this.cancelled;
    const command =
      'mysql' in start ? dumpWithout(start.mysql.encode()) : dumpOfFile('file' in start ? start.file : '');
    this.dump = LogDump.start(this.connection, command, onEvent, this.timeoutMs);
    return this.dump;
  }

  /** Reads which file of the log a position is in. */
  async fileAt(start: LogStart): Promise<LogFile> {
    const events = new ChecksummedEvents();
    let file = '';
    let created: number | undefined;
    const dump = await this.read(start, (bytes) => {
      const event = events.verify(bytes);
      if (event.kind === EventKind.rotate) file = rotationOf(event);
      if (event.kind === EventKind.format) created = event.timestamp;
      return created !== undefined;
    });
    await dump.end;
    if (created === undefined) throw new UnreachableError(`The log of ${this.place} has no beginning.`);
    return { server: this.server, file, created };
  }

  /** Ends it with the error that it was cancelled. */
  cancel(): void {
    this.cancelled = new UnreachableError(`Reading the log of ${this.place} was cancelled.`);
    this.dump?.fail(this.cancelled);
    breakConnection(this.connection);
  }

  close(): void {
    this.dump?.stop();
    breakConnection(this.connection);
  }
}

/** The last column tells the servers apart. MySQL has an identity that no two have; MariaDB's numbers are in its GTIDs, too. */
const READ_IDENTITY = 'SELECT @@server_id /*!80000 , @@server_uuid */';

/** The reader says that it can do with checksums, and with everything that a server may write. */
const SET_UP =
  "SET @master_binlog_checksum = 'CRC32', @source_binlog_checksum = 'CRC32', @mariadb_slave_capability = 4";

/** Told to be strict, the server refuses a position that it does not have itself. */
const SET_UP_POSITION = ', @slave_gtid_strict_mode = 1, @slave_connect_state = ?';
