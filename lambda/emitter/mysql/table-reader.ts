import { type Connection, escapeId } from 'mysql2';
import type { DatabaseLogin } from '../../shared/database-login';
import type { EmitterEnvironment } from '../../shared/environment';
import { TableError, UnreachableError } from '../../shared/errors';
import { LARGEST_KEY } from '../../shared/largest-key';
import { columnOf, isInteger } from '../../shared/mysql/mysql-columns';
import { breakConnection, connectWithFreshLogin } from '../../shared/mysql/mysql-connection';
import { databaseError } from '../../shared/mysql/mysql-errors';
import { RowQueue } from '../../shared/mysql/row-queue';
import { rowsOf } from '../../shared/mysql/rows-of';
import { beginSnapshot, endSnapshot } from '../../shared/mysql/session';
import type { Stream, StreamName } from '../../shared/streams';
import type { SnapshotPosition, TableReader, TableRows } from '../ports';
import { EndProof, type ResultEnd } from './result-end';

/** Dependencies of a reader. */
export interface MysqlTableReaderProps {
  /** Reads the login; with `refresh`, past any copy that is kept. */
  readonly readLogin: (refresh: boolean) => Promise<DatabaseLogin>;
  readonly tls: EmitterEnvironment['database']['tls'];
  /** Told once of each table whose key column has no index: it is read by sorting the whole table at each run. */
  readonly onMissingIndex: (stream: Stream) => void;
  /** Timeout for the next row, in milliseconds. @default READ_TIMEOUT_MS */
  readonly readTimeoutMs?: number;
}

/**
 * Reads tables of MariaDB and MySQL, one connection a table, each in one snapshot until it is closed. A whole run is one
 * query a table, in the order of the key and from the checkpoint on, so that its cost grows with the rows that are left
 * and nothing is read twice.
 */
export class MysqlTableReader implements TableReader {
  private readonly sessions = new Map<StreamName, Session>();
  private readonly reported = new Set<StreamName>();
  private place = 'the database';
  /** Generation of the connections: raised when all are cancelled, so that one that was started before is not kept. */
  private generation = 0;

  constructor(private readonly props: MysqlTableReaderProps) {}

  async rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<TableRows> {
    return await this.run(stream, async (session) => {
      const end = await endOf(session.connection, stream, from, to);
      const key = escapeId(stream.keyColumn);
      const where = `WHERE ${key} BETWEEN ${from} AND ${end.lastKey ?? from - 1n} ORDER BY ${key}`;
      // Without the hint the server sorts the whole table rather than follow an index that is not the primary key.
      for (const index of await indexesOf(session.connection, stream)) {
        const sql = `SELECT * FROM ${escapeId(stream.table)} FORCE INDEX (${escapeId(index)}) ${where}`;
        const rows = await this.query(session, stream, sql, end).catch(unlessUnusable);
        if (rows !== undefined) return rows;
      }
      if (!this.reported.has(stream.name)) this.props.onMissingIndex(stream);
      this.reported.add(stream.name);
      return await this.query(session, stream, `SELECT * FROM ${escapeId(stream.table)} ${where}`, end);
    });
  }

  async unkeyedRows(stream: Stream): Promise<TableRows> {
    const key = escapeId(stream.keyColumn);
    const from = `FROM ${escapeId(stream.table)} WHERE ${key} IS NULL OR ${key} < 0 OR ${key} > ${LARGEST_KEY}`;
    return await this.run(stream, async (session) => {
      const [[count] = []] = await rowsOf(session.connection, { sql: `SELECT COUNT(*) ${from}` });
      return await this.query(session, stream, `SELECT * ${from}`, { rows: Number(count) });
    });
  }

  async lastKey(stream: Stream): Promise<bigint | undefined> {
    return await this.run(stream, async ({ connection }) => (await endOf(connection, stream, 0n)).lastKey);
  }

  async snapshotPosition(): Promise<SnapshotPosition> {
    return { refused: 'log', reason: 'not read yet' };
  }

  async rowsWithKeys(stream: Stream, keys: BigUint64Array): Promise<TableRows> {
    return await this.rowsFrom(stream, keys[0] ?? 0n, (keys.at(-1) ?? 0n) + 1n);
  }

  async close(): Promise<void> {
    this.generation += 1;
    await Promise.all([...this.sessions].map(([name, session]) => this.release(name, session)));
  }

  /**
   * Closes every connection, idle ones too.
   *
   * @param reason error of running queries. @default that they were cancelled
   */
  end(reason?: Error): void {
    this.generation += 1;
    for (const [name, session] of this.sessions) this.drop(name, session, reason);
  }

  /** Closes a session that is in use; keeps an idle one, without its snapshot. */
  private async release(name: StreamName, session: Session): Promise<void> {
    if (session.isBusy || session.rows?.isActive === true) return this.drop(name, session);
    if (!session.hasSnapshot) return;
    session.hasSnapshot = false;
    await endSnapshot(session.connection).catch(() => this.drop(name, session));
  }

  private async query(session: Session, stream: Stream, sql: string, end: ResultEnd): Promise<TableRows> {
    const queue = new RowQueue(session.connection, sql, this.props.readTimeoutMs);
    session.rows = queue;
    const fields = await queue.fields;
    const keyIndex = fields.findIndex(({ name }) => name.toLowerCase() === stream.keyColumn);
    const keyField = fields[keyIndex];
    if (keyField === undefined || !isInteger(keyField)) {
      this.drop(stream.name, session);
      throw new TableError(
        keyField === undefined
          ? `Column ${stream.keyColumn} of table ${stream.table} is invisible: allowed: a column that SELECT * shows.`
          : `Column ${stream.keyColumn} of table ${stream.table} cannot be a key: allowed: an integer type.`,
      );
    }
    const proof = new EndProof(stream.table, end, keyIndex);
    const next = async () => {
      try {
        const read = await queue.next();
        if (read.done === true) proof.prove();
        else proof.see(read.value);
        return read;
      } catch (error) {
        return this.fail(stream, session, error);
      }
    };
    return { columns: fields.map(columnOf), keyIndex, batches: { next } };
  }

  private async run<T>(stream: Stream, work: (session: Session) => Promise<T>): Promise<T> {
    const session = this.sessions.get(stream.name) ?? (await this.connect(stream));
    session.isBusy = true;
    try {
      if (!session.hasSnapshot) await beginSnapshot(session.connection);
      session.hasSnapshot = true;
      return await work(session);
    } catch (error) {
      return this.fail(stream, session, error);
    } finally {
      session.isBusy = false;
    }
  }

  private async connect(stream: Stream): Promise<Session> {
    const { generation } = this;
    const { connection, login } = await connectWithFreshLogin(this.props.readLogin, this.props.tls);
    this.place = `${login.host}:${login.port}/${login.database}`;
    const session: Session = { connection, rows: undefined, isBusy: false, hasSnapshot: false };
    if (generation !== this.generation) this.fail(stream, session, this.gaveUp());
    this.sessions.set(stream.name, session);
    return session;
  }

  /** After any failure no connection is trusted any more: what broke one, such as a restart of the server, broke all. */
  private fail(stream: Stream, session: Session, error: unknown): never {
    const isGivenUp = this.sessions.get(stream.name) !== session;
    const translated = databaseError(error, this.place, stream.table);
    this.drop(stream.name, session, translated);
    if (!isGivenUp) this.end(translated);
    throw translated;
  }

  private gaveUp(): UnreachableError {
    return new UnreachableError(`Reading from ${this.place} was cancelled.`);
  }

  private drop(name: StreamName, session: Session, reason: Error = this.gaveUp()): void {
    breakConnection(session.connection);
    session.rows?.end(reason);
    if (this.sessions.get(name) === session) this.sessions.delete(name);
  }
}

/** A connection, and the query that runs on it or ran on it last. */
interface Session {
  readonly connection: Connection;
  rows: RowQueue | undefined;
  /** Whether somebody waits for an answer on it. */
  isBusy: boolean;
  /** Whether it shows the tables as they were when the run began to read. */
  hasSnapshot: boolean;
}

/** The last key of a range, and how many rows have it; no rows for an empty range. */
async function endOf(
  connection: Connection,
  { table, keyColumn }: Stream,
  from: bigint,
  to = LARGEST_KEY + 1n,
): Promise<ResultEnd> {
  const key = escapeId(keyColumn);
  const last = `SELECT MAX(${key}) FROM ${escapeId(table)} WHERE ${key} BETWEEN ${from} AND ${to - 1n}`;
  const [[lastKey, rows] = []] = await rowsOf(connection, {
    sql: `SELECT ${key}, COUNT(*) FROM ${escapeId(table)} WHERE ${key} = (${last}) GROUP BY ${key}`,
  });
  return lastKey ? { lastKey: BigInt(lastKey.toString()), rows: Number(rows) } : { rows: 0 };
}

/**
 * The indexes that begin with the whole key column, those that follow its order before others, the primary key first.
 * The server need not take them: which it ignores, MariaDB and MySQL tell in columns of different names.
 */
async function indexesOf(connection: Connection, { table, keyColumn }: Stream): Promise<string[]> {
  const rows = await rowsOf(connection, {
    sql: `SELECT INDEX_NAME FROM information_schema.STATISTICS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = ? AND SEQ_IN_INDEX = 1
          AND INDEX_TYPE = 'BTREE' AND SUB_PART IS NULL
          ORDER BY COLLATION = 'D', INDEX_NAME <> 'PRIMARY', NON_UNIQUE, INDEX_NAME`,
    values: [table, keyColumn],
  });
  return rows.map(([name]) => String(name));
}

/** The index that a query was told to use is ignored (MariaDB), invisible (MySQL), or was just dropped. */
const ER_KEY_DOES_NOT_EXIST = 1176;

function unlessUnusable(error: Error & { readonly errno?: number }): undefined {
  if (error.errno !== ER_KEY_DOES_NOT_EXIST) throw error;
}
