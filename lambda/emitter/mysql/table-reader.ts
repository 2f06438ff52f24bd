import { escapeId, type FieldPacket } from 'mysql2';
import { LogRefusedError, TableError } from '../../shared/errors';
import { LARGEST_KEY } from '../../shared/largest-key';
import { columnOf, isInteger } from '../../shared/mysql/mysql-columns';
import { type ResultQueue, RowQueue } from '../../shared/mysql/row-queue';
import { rowsOf } from '../../shared/mysql/rows-of';
import type { Stream, StreamName } from '../../shared/streams';
import type { PackedTable, SnapshotPosition, TableReader, TableRows } from '../ports';
import { type SnapshotFacts, snapshotFacts } from './followed-table';
import { inTurn, keyConditions } from './key-batches';
import { indexesOf, unlessUnusable } from './key-indexes';
import { PackedQueue } from './packed-queue';
import { EndProof, endOf, type ResultEnd } from './result-end';
import type { Refusal } from './snapshot-position';
import { type TableLogin, type TableSession, TableSessions } from './table-sessions';

/** Dependencies of a reader. */
export interface MysqlTableReaderProps extends TableLogin {
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
  private readonly sessions: TableSessions;
  private readonly reported = new Set<StreamName>();

  constructor(private readonly props: MysqlTableReaderProps) {
    this.sessions = new TableSessions(props);
  }

  async rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<PackedTable> {
    return await this.inRange(stream, from, to, (...query) => this.packed(...query));
  }

  async unkeyedRows(stream: Stream): Promise<TableRows> {
    const key = escapeId(stream.keyColumn);
    const from = `FROM ${escapeId(stream.table)} WHERE ${key} IS NULL OR ${key} < 0 OR ${key} > ${LARGEST_KEY}`;
    return await this.sessions.run(stream, async (session) => {
      const [[count] = []] = await rowsOf(session.connection, { sql: `SELECT COUNT(*) ${from}` });
      return await this.query(session, stream, `SELECT * ${from}`, {
        rows: Number(count),
        which: 'without a usable key',
      });
    });
  }

  /** Begins to connect, so that less is to be waited for later; whoever reads is told what goes wrong. */
  connectAhead(streams: readonly Stream[]): void {
    this.sessions.connectAhead(streams);
  }

  async lastKey(stream: Stream): Promise<bigint | undefined> {
    return await this.sessions.run(
      stream,
      async ({ connection }) => (await endOf(connection, stream, 0n)).lastKey,
    );
  }

  async snapshotPosition(stream: Stream): Promise<SnapshotPosition> {
    const facts = await this.sessions.run(stream, (session) => this.factsOf(session, stream));
    return 'refused' in facts ? facts : { gtid: facts.point.gtid };
  }

  /** Facts about the snapshot of a table whose changes can be followed. */
  async snapshotFacts(stream: Stream): Promise<SnapshotFacts> {
    const facts = await this.sessions.run(stream, (session) => this.factsOf(session, stream));
    if ('refused' in facts) throw new LogRefusedError(facts.reason);
    return facts;
  }

  async rowsWithKeys(stream: Stream, keys: BigUint64Array): Promise<TableRows> {
    const [first, last] = [keys.at(0), keys.at(-1)];
    const [condition, ...others] = keyConditions(stream, keys);
    if (first === undefined || last === undefined || condition === undefined)
      return await this.inRange(stream, 0n, 0n, (...query) => this.query(...query));
    const { sessions } = this;
    const { generation } = sessions;
    const found = await this.sessions.run(stream, async (session) => {
      for (const index of await indexesOf(session.connection, stream)) {
        const rows = await this.lookUp(session, stream, index, condition).catch(unlessUnusable);
        if (rows === undefined) continue;
        // The caller may have given up meanwhile, and another snapshot be open.
        const lookUp = async (where: string): Promise<TableRows> => {
          if (generation !== sessions.generation) throw sessions.gaveUp();
          return await this.sessions.run(stream, (same) => this.lookUp(same, stream, index, where));
        };
        return { ...rows, batches: inTurn(rows.batches, others, lookUp) };
      }
      return undefined;
    });
    // Without an index one statement reads the table once, where each look-up would.
    return found ?? (await this.inRange(stream, first, last + 1n, (...query) => this.query(...query)));
  }

  async close(): Promise<void> {
    await this.sessions.close();
  }

  /**
   * Closes every connection, idle ones too.
   *
   * @param reason error of running queries. @default that they were cancelled
   */
  end(reason?: Error): void {
    this.sessions.end(reason);
  }

  /** The rows that a condition on the key is true for, in the order of the key; it is counted that all of them come. */
  private async lookUp(
    session: TableSession,
    stream: Stream,
    index: string,
    where: string,
  ): Promise<TableRows> {
    const from = `FROM ${escapeId(stream.table)} FORCE INDEX (${escapeId(index)}) WHERE ${where}`;
    const [[count] = []] = await rowsOf(session.connection, { sql: `SELECT COUNT(*) ${from}` });
    const sql = `SELECT * ${from} ORDER BY ${escapeId(stream.keyColumn)}`;
    return await this.query(session, stream, sql, { rows: Number(count), which: 'with the keys asked for' });
  }

  private async factsOf(session: TableSession, stream: Stream): Promise<SnapshotFacts | Refusal> {
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
    return await this.sessions.run(stream, async (session) => {
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
    session: TableSession,
    stream: Stream,
    queue: ResultQueue<unknown>,
  ): Promise<{ readonly fields: readonly FieldPacket[]; readonly keyIndex: number }> {
    session.rows = queue;
    const fields = await queue.fields;
    const keyIndex = fields.findIndex(({ name }) => name.toLowerCase() === stream.keyColumn);
    const keyField = fields[keyIndex];
    if (keyField !== undefined && isInteger(keyField)) return { fields, keyIndex };
    this.sessions.drop(stream.name, session);
    throw new TableError(
      keyField === undefined
        ? `Column ${stream.keyColumn} of table ${stream.table} is invisible: allowed: a column that SELECT * shows.`
        : `Column ${stream.keyColumn} of table ${stream.table} cannot be a key: allowed: an integer type.`,
    );
  }

  /** What a queue yields, and at its end the proof that nothing is missing. */
  private proven<T>(
    session: TableSession,
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
        return this.sessions.fail(stream, session, error);
      }
    };
    return { next };
  }
}

type TableQuery = [session: TableSession, stream: Stream, sql: string, end: ResultEnd];

const keyIn = (digits: Buffer | null | undefined): bigint | undefined =>
  digits ? BigInt(digits.toString('latin1')) : undefined;
