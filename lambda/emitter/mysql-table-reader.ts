import { type Connection, escapeId } from 'mysql2';
import type { DatabaseLogin } from './database-login';
import type { EmitterEnvironment } from './environment';
import { TableError, UnreachableError } from './errors';
import { columnOf, isInteger } from './mysql/mysql-columns';
import { breakConnection, connectWithFreshLogin, rowsOf } from './mysql/mysql-connection';
import { databaseError } from './mysql/mysql-errors';
import { RowQueue } from './mysql/row-queue';
import { LARGEST_KEY, type TableReader, type TableRows } from './ports';
import type { Stream, StreamName } from './streams';

/** How a reader gets to its database. */
export interface MysqlTableReaderProps {
  /** Reads the login; with `refresh`, past any copy that is kept. */
  readonly readLogin: (refresh: boolean) => Promise<DatabaseLogin>;
  readonly tls: EmitterEnvironment['database']['tls'];
  /** Told once of each table whose key column has no index: it is read by sorting the whole table at each run. */
  readonly onMissingIndex: (stream: Stream) => void;
  /** How long the database may take for the next row, in milliseconds. @default READ_TIMEOUT_MS */
  readonly readTimeoutMs?: number;
}

/**
 * Reads tables of MariaDB and MySQL, one connection a table. A whole run is one query a table, in the order of the key
 * and from the checkpoint on, so that its cost grows with the rows that are left and nothing is read twice.
 */
export class MysqlTableReader implements TableReader {
  private readonly sessions = new Map<StreamName, Session>();
  private readonly reported = new Set<StreamName>();
  private place = 'the database';
  /** Counts how often everything under way was given up; a connection that was begun before is not kept. */
  private givenUp = 0;

  constructor(private readonly props: MysqlTableReaderProps) {}

  async rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<TableRows> {
    return await this.run(stream, async (session) => {
      const index = await indexOf(session.connection, stream);
      if (index === undefined && !this.reported.has(stream.name)) {
        this.reported.add(stream.name);
        this.props.onMissingIndex(stream);
      }
      // Without the hint the server sorts the whole table rather than follow an index that is not the primary key.
      const hint = index === undefined ? '' : `FORCE INDEX (${escapeId(index)})`;
      const key = escapeId(stream.keyColumn);
      return await this.query(
        session,
        stream,
        `SELECT * FROM ${escapeId(stream.table)} ${hint} WHERE ${key} BETWEEN ${from} AND ${to === undefined ? LARGEST_KEY : to - 1n} ORDER BY ${key}`,
      );
    });
  }

  async keylessRows(stream: Stream): Promise<TableRows> {
    const key = escapeId(stream.keyColumn);
    const sql = `SELECT * FROM ${escapeId(stream.table)} WHERE ${key} IS NULL OR ${key} < 0 OR ${key} > ${LARGEST_KEY}`;
    return await this.run(stream, async (session) => await this.query(session, stream, sql));
  }

  async lastKey(stream: Stream): Promise<bigint | undefined> {
    const key = escapeId(stream.keyColumn);
    const sql = `SELECT MAX(${key}) FROM ${escapeId(stream.table)} WHERE ${key} BETWEEN 0 AND ${LARGEST_KEY}`;
    return await this.run(stream, async ({ connection }) => {
      const last = (await rowsOf(connection, { sql }))[0]?.[0];
      return last ? BigInt(last.toString()) : undefined;
    });
  }

  close(): void {
    this.givenUp += 1;
    for (const [name, session] of this.sessions)
      if (session.isBusy || session.rows?.isActive === true) this.drop(name, session);
  }

  /** Closes every connection, idle ones too. */
  end(): void {
    this.givenUp += 1;
    for (const [name, session] of this.sessions) this.drop(name, session);
  }

  private async query(session: Session, stream: Stream, sql: string): Promise<TableRows> {
    const queue = new RowQueue(session.connection, sql, this.props.readTimeoutMs);
    session.rows = queue;
    const fields = await queue.fields;
    const keyIndex = fields.findIndex(({ name }) => name.toLowerCase() === stream.keyColumn);
    const keyField = fields[keyIndex];
    if (keyField === undefined || !isInteger(keyField)) {
      this.drop(stream.name, session);
      throw new TableError(
        `Column ${stream.keyColumn} of table ${stream.table} cannot be a key: allowed: an integer type.`,
      );
    }
    const next = () => queue.next().catch((error) => this.fail(stream, session, error));
    return { columns: fields.map(columnOf), keyIndex, batches: { next } };
  }

  private async run<T>(stream: Stream, work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.sessions.get(stream.name) ?? (await this.connect(stream));
    session.isBusy = true;
    try {
      return await work(session);
    } catch (error) {
      return this.fail(stream, session, error);
    } finally {
      session.isBusy = false;
    }
  }

  private async connect(stream: Stream): Promise<Session> {
    const { givenUp } = this;
    const { connection, login } = await connectWithFreshLogin(this.props.readLogin, this.props.tls);
    this.place = `${login.host}:${login.port}/${login.database}`;
    const session: Session = { connection, rows: undefined, isBusy: false };
    if (givenUp !== this.givenUp) this.fail(stream, session, this.gaveUp());
    this.sessions.set(stream.name, session);
    return session;
  }

  /** After any failure no connection is trusted any more: what broke one, such as a restart of the server, broke all. */
  private fail(stream: Stream, session: Session, error: unknown): never {
    const isGivenUp = this.sessions.get(stream.name) !== session;
    this.drop(stream.name, session);
    if (!isGivenUp) this.end();
    throw databaseError(error, this.place, stream.table);
  }

  private gaveUp(): UnreachableError {
    return new UnreachableError(`Reading from ${this.place} was given up.`);
  }

  private drop(name: StreamName, session: Session): void {
    breakConnection(session.connection);
    session.rows?.end(this.gaveUp());
    if (this.sessions.get(name) === session) this.sessions.delete(name);
  }
}

/** A connection, and the query that runs on it or ran on it last. */
interface Session {
  readonly connection: Connection;
  rows: RowQueue | undefined;
  /** Whether somebody waits for an answer on it. */
  isBusy: boolean;
}

/** An index that begins with the key column, the primary key before others. */
async function indexOf(connection: Connection, { table, keyColumn }: Stream): Promise<string | undefined> {
  const rows = await rowsOf(connection, {
    sql: `SELECT INDEX_NAME FROM information_schema.STATISTICS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = ? AND SEQ_IN_INDEX = 1 AND INDEX_TYPE = 'BTREE'
          ORDER BY INDEX_NAME <> 'PRIMARY', NON_UNIQUE, INDEX_NAME LIMIT 1`,
    values: [table, keyColumn],
  });
  return rows[0]?.[0]?.toString();
}
