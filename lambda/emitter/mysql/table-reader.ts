import { type Connection, escapeId, type FieldPacket } from 'mysql2';
import type { DatabaseLogin } from '../../shared/database-login';
import type { EmitterEnvironment } from '../../shared/environment';
import { LogRefusedError, TableError, UnreachableError } from '../../shared/errors';
import { LARGEST_KEY } from '../../shared/largest-key';
import { columnOf, isInteger } from '../../shared/mysql/mysql-columns';
import { breakConnection, connectWithFreshLogin } from '../../shared/mysql/mysql-connection';
import { databaseError } from '../../shared/mysql/mysql-errors';
import { type ResultQueue, RowQueue } from '../../shared/mysql/row-queue';
import { rowsOf } from '../../shared/mysql/rows-of';
import { endSnapshot } from '../../shared/mysql/session';
import type { Stream, StreamName } from '../../shared/streams';
import type { PackedTable, SnapshotPosition, TableReader, TableRows } from '../ports';
import { type SnapshotFacts, snapshotFacts } from './followed-table';
import { inTurn, keyConditions } from './key-batches';
import { indexesOf, unlessUnusable } from './key-indexes';
import { PackedQueue } from './packed-queue';
import { EndProof, endOf, type ResultEnd } from './result-end';
import { beginSnapshotWithPosition, type Refusal, type SnapshotPoint } from './snapshot-position';

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
  /** Sessions that nobody has asked for yet. */
  private readonly connecting = new Map<StreamName, Promise<Session>>();
  private readonly reported = new Set<StreamName>();
  private place = 'the database';
  /** Generation of the connections: raised when all are cancelled, so that one that was started before is not kept. */
  private generation = 0;

  constructor(private readonly props: MysqlTableReaderProps) {}

  async rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<PackedTable> {
    return await this.inRange(stream, from, to, (...query) => this.packed(...query));
  }

  async unkeyedRows(stream: Stream): Promise<TableRows> {
    const key = escapeId(stream.keyColumn);
    const from = `FROM ${escapeId(stream.table)} WHERE ${key} IS NULL OR ${key} < 0 OR ${key} > ${LARGEST_KEY}`;
    return await this.run(stream, async (session) => {
      const [[count] = []] = await rowsOf(session.connection, { sql: `SELECT COUNT(*) ${from}` });
      return await this.query(session, stream, `SELECT * ${from}`, {
        rows: Number(count),
        which: 'without a usable key',
      });
    });
  }

  /** Begins to connect, so that less is to be waited for later; whoever reads is told what goes wrong. */
  connectAhead(streams: readonly Stream[]): void {
    for (const stream of streams) {
      if (this.sessions.has(stream.name)) continue;
      const connecting = this.connect(stream);
      connecting.catch(() => {});
      this.connecting.set(stream.name, connecting);
    }
  }

  async lastKey(stream: Stream): Promise<bigint | undefined> {
    return await this.run(stream, async ({ connection }) => (await endOf(connection, stream, 0n)).lastKey);
  }

  async snapshotPosition(stream: Stream): Promise<SnapshotPosition> {
    const facts = await this.run(stream, (session) => this.factsOf(session, stream));
    return 'refused' in facts ? facts : { gtid: facts.point.gtid };
  }

  /** Facts about the snapshot of a table whose changes can be followed. */
  async snapshotFacts(stream: Stream): Promise<SnapshotFacts> {
    const facts = await this.run(stream, (session) => this.factsOf(session, stream));
    if ('refused' in facts) throw new LogRefusedError(facts.reason);
    return facts;
  }

  async rowsWithKeys(stream: Stream, keys: BigUint64Array): Promise<TableRows> {
    const [first, last] = [keys.at(0), keys.at(-1)];
    const [condition, ...others] = keyConditions(stream, keys);
    if (first === undefined || last === undefined || condition === undefined)
      return await this.inRange(stream, 0n, 0n, (...query) => this.query(...query));
    const { generation } = this;
    const found = await this.run(stream, async (session) => {
      for (const index of await indexesOf(session.connection, stream)) {
        const rows = await this.lookUp(session, stream, index, condition).catch(unlessUnusable);
        if (rows === undefined) continue;
        // The caller may have given up meanwhile, and another snapshot be open.
        const lookUp = async (where: string): Promise<TableRows> => {
          if (generation !== this.generation) throw this.gaveUp();
          return await this.run(stream, (same) => this.lookUp(same, stream, index, where));
        };
        return { ...rows, batches: inTurn(rows.batches, others, lookUp) };
      }
      return undefined;
    });
    // Without an index one statement reads the table once, where each look-up would.
    return found ?? (await this.inRange(stream, first, last + 1n, (...query) => this.query(...query)));
  }

  async close(): Promise<void> {
    this.giveUpRunning();
    await Promise.all([...this.sessions].map(([name, session]) => this.release(name, session)));
  }

  /**
   * Closes every connection, idle ones too.
   *
   * @param reason error of running queries. @default that they were cancelled
   */
  end(reason?: Error): void {
    this.giveUpRunning();
    for (const [name, session] of this.sessions) this.drop(name, session, reason);
  }

  /** Closes a session that is in use; keeps an idle one, without its snapshot. */
  private async release(name: StreamName, session: Session): Promise<void> {
    if (session.isBusy || session.rows?.isActive === true) return this.drop(name, session);
    if (session.point === undefined) return;
    session.point = undefined;
    session.facts = undefined;
    await endSnapshot(session.connection).catch(() => this.drop(name, session));
  }

  /** The rows that a condition on the key is true for, in the order of the key; it is counted that all of them come. */
  private async lookUp(session: Session, stream: Stream, index: string, where: string): Promise<TableRows> {
    const from = `FROM ${escapeId(stream.table)} FORCE INDEX (${escapeId(index)}) WHERE ${where}`;
    const [[count] = []] = await rowsOf(session.connection, { sql: `SELECT COUNT(*) ${from}` });
    const sql = `SELECT * ${from} ORDER BY ${escapeId(stream.keyColumn)}`;
    return await this.query(session, stream, sql, { rows: Number(count), which: 'with the keys asked for' });
  }

  private async factsOf(session: Session, stream: Stream): Promise<SnapshotFacts | Refusal> {
    const { point } = session;
    if (point === undefined) throw new Error('a snapshot without a position');
    session.facts ??= await snapshotFacts(session.connection, stream, point);
    return session.facts;
  }

  /** Queries the rows of a range of keys, in the order of the key. */
  private async inRange<T>(
    stream: Stream,
    from: bigint,
    to: bigint | undefined,
    query: (...query: TableQuery) => Promise<T>,
  ): Promise<T> {
    return await this.run(stream, async (session) => {
      const end = await endOf(session.connection, stream, from, to);
      const key = escapeId(stream.keyColumn);
      const where = `WHERE ${key} BETWEEN ${from} AND ${end.lastKey ?? from - 1n} ORDER BY ${key}`;
      // Without the hint the server sorts the whole table rather than follow an index that is not the primary key.
      for (const index of await indexesOf(session.connection, stream)) {
        const sql = `SELECT * FROM ${escapeId(stream.table)} FORCE INDEX (${escapeId(index)}) ${where}`;
        const rows = await query(session, stream, sql, end).catch(unlessUnusable);
        if (rows !== undefined) return rows;
      }
      if (!this.reported.has(stream.name)) this.props.onMissingIndex(stream);
      this.reported.add(stream.name);
      return await query(session, stream, `SELECT * FROM ${escapeId(stream.table)} ${where}`, end);
    });
  }

  private async query(...[session, stream, sql, end]: TableQuery): Promise<TableRows> {
    const queue = new RowQueue(session.connection, sql, this.props.readTimeoutMs);
    const { fields, keyIndex } = await this.described(session, stream, queue);
    const proof = new EndProof(stream.table, end);
    const batches = this.proven(session, stream, queue, proof, (rows) =>
      proof.see(rows.length, (index) => keyIn(rows[index]?.[keyIndex])),
    );
    return { columns: fields.map(columnOf), keyIndex, batches };
  }

  private async packed(...[session, stream, sql, end]: TableQuery): Promise<PackedTable> {
    const queue = new PackedQueue(session.connection, sql, stream.keyColumn, this.props.readTimeoutMs);
    await this.described(session, stream, queue);
    const proof = new EndProof(stream.table, end);
    return this.proven(session, stream, queue, proof, (rows) =>
      proof.see(rows.count, (index) => rows.keyOf(index)),
    );
  }

  private async described(
    session: Session,
    stream: Stream,
    queue: ResultQueue<unknown>,
  ): Promise<{ readonly fields: readonly FieldPacket[]; readonly keyIndex: number }> {
    session.rows = queue;
    const fields = await queue.fields;
    const keyIndex = fields.findIndex(({ name }) => name.toLowerCase() === stream.keyColumn);
    const keyField = fields[keyIndex];
    if (keyField !== undefined && isInteger(keyField)) return { fields, keyIndex };
    this.drop(stream.name, session);
    throw new TableError(
      keyField === undefined
        ? `Column ${stream.keyColumn} of table ${stream.table} is invisible: allowed: a column that SELECT * shows.`
        : `Column ${stream.keyColumn} of table ${stream.table} cannot be a key: allowed: an integer type.`,
    );
  }

  /** What a queue yields, and at its end the proof that nothing is missing. */
  private proven<T>(
    session: Session,
    stream: Stream,
    queue: ResultQueue<T>,
    proof: EndProof,
    see: (batch: T) => void,
  ): AsyncIterator<T, undefined> {
    const next = async () => {
      try {
        const read = await queue.next();
        if (read.done === true) proof.prove();
        else see(read.value);
        return read;
      } catch (error) {
        return this.fail(stream, session, error);
      }
    };
    return { next };
  }

  private async run<T>(stream: Stream, work: (session: Session) => Promise<T>): Promise<T> {
    const connecting = this.connecting.get(stream.name);
    this.connecting.delete(stream.name);
    const session = this.sessions.get(stream.name) ?? (await (connecting ?? this.connect(stream)));
    session.isBusy = true;
    try {
      session.point ??= await beginSnapshotWithPosition(session.connection);
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
    const session: Session = { connection, rows: undefined, isBusy: false };
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

  private giveUpRunning(): void {
    this.generation += 1;
    this.connecting.clear();
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
  rows: ResultQueue<unknown> | undefined;
  /** Whether somebody waits for an answer on it. */
  isBusy: boolean;
  /** Where its snapshot stands in the log of changes; `undefined` while none is open. */
  point?: SnapshotPoint | Refusal | undefined;
  /** The same, with what is to be known of the table to find its keys in the log; `undefined` until somebody asks. */
  facts?: SnapshotFacts | Refusal | undefined;
}

type TableQuery = [session: Session, stream: Stream, sql: string, end: ResultEnd];

const keyIn = (digits: Buffer | null | undefined): bigint | undefined =>
  digits ? BigInt(digits.toString('latin1')) : undefined;
