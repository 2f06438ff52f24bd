import type { Connection } from 'mysql2';
import type { DatabaseLogin } from '../../shared/database-login';
import type { EmitterEnvironment } from '../../shared/environment';
import { UnreachableError } from '../../shared/errors';
import { breakConnection, connectWithFreshLogin } from '../../shared/mysql/mysql-connection';
import { databaseError } from '../../shared/mysql/mysql-errors';
import type { ResultQueue } from '../../shared/mysql/row-queue';
import { endSnapshot } from '../../shared/mysql/session';
import type { Stream, StreamName } from '../../shared/streams';
import type { SnapshotFacts } from './followed-table';
import { beginSnapshotWithPosition, type Refusal, type SnapshotPoint } from './snapshot-position';

/** How the connections of a reader log in. */
export interface TableLogin {
  /** Reads the login; with `refresh`, past any copy that is kept. */
  readonly readLogin: (refresh: boolean) => Promise<DatabaseLogin>;
  readonly tls: EmitterEnvironment['database']['tls'];
}

/** A connection in a snapshot, and the query that runs on it or ran on it last. */
export interface TableSession {
  readonly connection: Connection;
  rows: ResultQueue<unknown> | undefined;
  /** Whether somebody waits for an answer on it. */
  isBusy: boolean;
  /** Where its snapshot stands in the log of changes; `undefined` while none is open. */
  point?: SnapshotPoint | Refusal | undefined;
  /** The same, with what is to be known of the table to find its keys in the log; `undefined` until somebody asks. */
  facts?: SnapshotFacts | Refusal | undefined;
}

/** The connections of a reader, one a table, each in one snapshot until it is closed. */
export class TableSessions {
  private readonly sessions = new Map<StreamName, TableSession>();
  /** Sessions that nobody has asked for yet. */
  private readonly connecting = new Map<StreamName, Promise<TableSession>>();
  private place = 'the database';
  /** Raised when all connections are cancelled, so that one that was started before is not kept. */
  generation = 0;

  constructor(private readonly login: TableLogin) {}

  /** Begins to connect, so that less is to be waited for later; whoever reads is told what goes wrong. */
  connectAhead(streams: readonly Stream[]): void {
    for (const stream of streams) {
      if (this.sessions.has(stream.name)) continue;
      const connecting = this.connect(stream);
      connecting.catch(() => {});
      this.connecting.set(stream.name, connecting);
    }
  }

  /** Does something in the snapshot of a table; begins one, and connects, where there is none. */
  async run<T>(stream: Stream, work: (session: TableSession) => Promise<T>): Promise<T> {
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

  /** After any failure no connection is trusted any more: what broke one, such as a restart of the server, broke all. */
  fail(stream: Stream, session: TableSession, error: unknown): never {
    const isGivenUp = this.sessions.get(stream.name) !== session;
    const translated = databaseError(error, this.place, stream.table);
    this.drop(stream.name, session, translated);
    if (!isGivenUp) this.end(translated);
    throw translated;
  }

  /** Closes what is in use; keeps what is idle, without its snapshot. */
  async close(): Promise<void> {
    this.giveUpRunning();
    await Promise.all([...this.sessions].map(([name, session]) => this.release(name, session)));
  }

  /** Closes all, idle ones too. @param reason error of running queries. @default that they were cancelled */
  end(reason?: Error): void {
    this.giveUpRunning();
    for (const [name, session] of this.sessions) this.drop(name, session, reason);
  }

  /** Closes one. @param reason error of its running query. @default that it was cancelled */
  drop(name: StreamName, session: TableSession, reason: Error = this.gaveUp()): void {
    breakConnection(session.connection);
    session.rows?.end(reason);
    if (this.sessions.get(name) === session) this.sessions.delete(name);
  }

  gaveUp(): UnreachableError {
    return new UnreachableError(`Reading from ${this.place} was cancelled.`);
  }

  private async release(name: StreamName, session: TableSession): Promise<void> {
    if (session.isBusy || session.rows?.isActive === true) return this.drop(name, session);
    if (session.point === undefined) return;
    session.point = undefined;
    session.facts = undefined;
    await endSnapshot(session.connection).catch(() => this.drop(name, session));
  }

  private giveUpRunning(): void {
    this.generation += 1;
    this.connecting.clear();
  }

  private async connect(stream: Stream): Promise<TableSession> {
    const { generation } = this;
    const { connection, login } = await connectWithFreshLogin(this.login.readLogin, this.login.tls);
    this.place = `${login.host}:${login.port}/${login.database}`;
    const session: TableSession = { connection, rows: undefined, isBusy: false };
    if (generation !== this.generation) this.fail(stream, session, this.gaveUp());
    this.sessions.set(stream.name, session);
    return session;
  }
}
