import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { MysqlChangeLog } from '../../../lambda/emitter/mysql/change-log';
import { snapshotFacts } from '../../../lambda/emitter/mysql/followed-table';
import { beginSnapshotWithPosition } from '../../../lambda/emitter/mysql/snapshot-position';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { startDatabaseServer } from '../../support/database-server';
import { FOLLOWED, followedDatabase, LOG_SETTINGS } from '../../support/followed-database';
import { testServers } from '../../support/servers';

const isMysql = testServers().flavor === 'mysql';

const REPLICA_SETTINGS = isMysql
  ? { 'server-id': 2, 'log-bin': 'other' }
  : { ...LOG_SETTINGS(), 'server-id': 2, 'log-bin': 'other', 'log-slave-updates': 1 };

const servers: { stop(): Promise<void> }[] = [];

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

const run = async (login: DatabaseLogin, ...statements: string[]): Promise<string> => {
  const { host, port, user, password } = login;
  const connection = await createConnection({ host, port, user, password, rowsAsArray: true });
  let last = '';
  for (const sql of statements) {
    const [rows] = await connection.query(sql);
    if (Array.isArray(rows)) last = String((rows as RowDataPacket[])[0]?.[0]);
  }
  await connection.end();
  return last;
};

/** Makes one server repeat everything that the other one does from now on. */
async function replicate(primary: DatabaseLogin, replica: DatabaseLogin): Promise<void> {
  const position = await run(primary, `SELECT @@GLOBAL.${isMysql ? 'gtid_executed' : 'gtid_binlog_pos'}`);
  const { host, port, user, password } = primary;
  const source = (name: string): string =>
    `${name}_HOST = '${host}', ${name}_PORT = ${port}, ${name}_USER = '${user}', ${name}_PASSWORD = '${password}'`;
  if (isMysql)
    await run(
      replica,
      'RESET BINARY LOGS AND GTIDS',
      `SET GLOBAL gtid_purged = '${position}'`,
      `CHANGE REPLICATION SOURCE TO ${source('SOURCE')}, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
      'START REPLICA',
    );
  else
    await run(
      replica,
      'RESET MASTER',
      `SET GLOBAL gtid_slave_pos = '${position}'`,
      `CHANGE MASTER TO ${source('MASTER')}, MASTER_SSL = 0, MASTER_USE_GTID = slave_pos`,
      'START SLAVE',
    );
}

test('after a failover the log of the other server is read on by its GTIDs', async () => {
  const [primary, replica] = await Promise.all([
    startDatabaseServer(LOG_SETTINGS()),
    startDatabaseServer(REPLICA_SETTINGS),
  ]);
  servers.push(primary, replica);
  await replicate(primary.admin, replica.admin);
  const database = await followedDatabase(primary.admin);
  await database.sql(
    'CREATE TABLE pinterest_data (`index` INT PRIMARY KEY, v INT)',
    'INSERT INTO pinterest_data VALUES (1, 1)',
  );
  const since = await database.now();
  await database.sql('INSERT INTO pinterest_data VALUES (5, 1)');
  const { gtid } = await database.now();
  await run(
    replica.admin,
    isMysql ? `SELECT WAIT_FOR_EXECUTED_GTID_SET('${gtid}', 60)` : `SELECT MASTER_GTID_WAIT('${gtid}', 60)`,
  );

  await run(
    replica.admin,
    isMysql ? 'STOP REPLICA' : 'STOP SLAVE',
    `INSERT INTO ${database.login.database}.pinterest_data VALUES (9, 1)`,
  );
  const login = { ...database.login, port: replica.admin.port };
  const snapshot = await connectToDatabase(login, 'off');
  const facts = await snapshotFacts(snapshot, FOLLOWED, await beginSnapshotWithPosition(snapshot));
  if ('refused' in facts) throw new Error(facts.reason);
  const log = new MysqlChangeLog({ readLogin: async () => login, tls: 'off', factsOf: async () => facts });
  const changes = await log.changedKeys({
    stream: FOLLOWED,
    since: since.gtid,
    origin: since.origin,
    from: 0n,
    to: 1_000n,
    enough: new AbortController().signal,
  });
  snapshot.destroy();

  expect(changes.keys).toEqual(BigUint64Array.of(5n, 9n));
  expect(changes.origin).toContain('/other.');
});
