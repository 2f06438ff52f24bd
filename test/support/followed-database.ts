import type { Connection } from 'mysql2';
import { MysqlChangeLog } from '../../lambda/emitter/mysql/change-log';
import { type SnapshotFacts, snapshotFacts } from '../../lambda/emitter/mysql/followed-table';
import { beginSnapshotWithPosition, type Refusal } from '../../lambda/emitter/mysql/snapshot-position';
import type { ChangedKeys, ChangesRequest } from '../../lambda/emitter/ports';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { LARGEST_KEY } from '../../lambda/shared/largest-key';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { endSnapshot } from '../../lambda/shared/mysql/session';
import { STREAMS } from '../../lambda/shared/streams';
import type { ServerSettings } from '../../scripts/local/mariadb';
import { startDatabaseServer } from './database-server';
import { testDatabase, testServers } from './servers';

/** The stream whose table the tests are about; its key column is `index`. */
export const FOLLOWED = STREAMS[0];

/** Whether the tests run against MySQL. */
export const isMysql = (): boolean => testServers().flavor === 'mysql';

/** Settings of a server of a test's own that keeps a log. */
export const LOG_SETTINGS = (): ServerSettings =>
  isMysql() ? { 'server-id': 1 } : { 'log-bin': 'binlog', 'binlog-format': 'ROW', 'server-id': 1 };

/** Which log, and up to where it was read. */
export type Since = Pick<ChangedKeys, 'gtid' | 'origin'>;

/** A database whose log is read as the emitter does. */
export interface FollowedDatabase {
  /** The server's administrator. */
  readonly admin: DatabaseLogin;
  readonly login: DatabaseLogin;
  readonly log: MysqlChangeLog;
  /** The connection that has the snapshot. */
  readonly snapshot: Connection;
  /** Runs statements, on one connection, as the server's administrator. */
  sql(...statements: string[]): Promise<void>;
  /** A further connection of the administrator. */
  connect(): Promise<Connection>;
  /** The files of the server's log. */
  files(): Promise<string[]>;
  /** Opens a new snapshot and tells its facts. */
  open(): Promise<SnapshotFacts | Refusal>;
  /** The position at which a new snapshot stands. */
  now(): Promise<Since>;
  /** The keys that have changed from a position up to a new snapshot. */
  changes(since: Since, request?: Partial<ChangesRequest>): Promise<ChangedKeys>;
}

const open: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of open.reverse()) await close();
});

/** A database in a server of the test file's own that keeps a log; the server stops after the tests. */
export async function followedServer(): Promise<FollowedDatabase> {
  const server = await startDatabaseServer(LOG_SETTINGS());
  open.push(() => server.stop());
  return await followedDatabase(server.admin);
}

/**
 * A database of its own in a server that keeps a log.
 *
 * @param options of the log's reader
 */
export async function followedDatabase(
  admin: DatabaseLogin,
  options: { readonly port?: number; readonly readTimeoutMs?: number; readonly mostKeys?: number } = {},
): Promise<FollowedDatabase> {
  const { owner, emitter } = await testDatabase(admin);
  const connect = async (login: DatabaseLogin): Promise<Connection> => {
    const connection = await connectToDatabase(login, 'off');
    open.push(() => connection.destroy());
    return connection;
  };
  const administrator = { ...admin, database: owner.database };
  const [writer, snapshot] = await Promise.all([connect(administrator), connect(emitter)]);
  const sql = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await rowsOf(writer, { sql: statement });
  };
  await sql(`GRANT REPLICATION SLAVE ON *.* TO '${emitter.user}'@'127.0.0.1'`);
  let facts: SnapshotFacts | Refusal = { refused: 'log', reason: 'no snapshot is open' };
  const log = new MysqlChangeLog({
    readLogin: async () => ({ ...emitter, port: options.port ?? emitter.port }),
    tls: 'off',
    factsOf: async () => {
      if ('refused' in facts) throw new Error(facts.reason);
      return facts;
    },
    ...options,
  });
  open.push(() => log.close());
  const openSnapshot = async (): Promise<SnapshotFacts | Refusal> => {
    await endSnapshot(snapshot);
    facts = await snapshotFacts(snapshot, FOLLOWED, await beginSnapshotWithPosition(snapshot));
    return facts;
  };
  const gtid = async (): Promise<string> => {
    const found = await openSnapshot();
    if ('refused' in found) throw new Error(found.reason);
    return found.point.gtid;
  };
  return {
    admin,
    login: emitter,
    log,
    snapshot,
    sql,
    connect: () => connect(administrator),
    files: async () => (await rowsOf(writer, { sql: 'SHOW BINARY LOGS' })).map(([file]) => String(file)),
    open: openSnapshot,
    now: async () => {
      const position = { gtid: await gtid(), origin: await log.originOf(FOLLOWED) };
      await endSnapshot(snapshot);
      return position;
    },
    changes: async (since, request = {}) => {
      await gtid();
      try {
        return await log.changedKeys({
          stream: FOLLOWED,
          since: since.gtid,
          origin: since.origin,
          from: 0n,
          to: LARGEST_KEY + 1n,
          enough: new AbortController().signal,
          ...request,
        });
      } finally {
        await endSnapshot(snapshot);
      }
    },
  };
}
