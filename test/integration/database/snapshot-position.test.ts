import { NOTHING_YET } from '../../../lambda/emitter/mysql/snapshot-position';
import { startDatabaseServer } from '../../support/database-server';
import {
  FOLLOWED,
  type FollowedDatabase,
  followedDatabase,
  followedServer,
  isMysql,
  LOG_SETTINGS,
} from '../../support/followed-database';
import { testServers } from '../../support/servers';

let database: FollowedDatabase;

beforeAll(async () => {
  database = await followedServer();
});

const SMALL = 'CREATE TABLE pinterest_data (`index` INT PRIMARY KEY, v INT)';

/** Lets go of the snapshot, which would hold back changes of the table. */
async function newTable(...statements: string[]): Promise<void> {
  await new Promise((resolve) => database.snapshot.query('COMMIT', resolve));
  await database.sql('DROP TABLE IF EXISTS pinterest_data', ...statements);
}

test('a table that can be followed, to a login with nothing but SELECT', async () => {
  await newTable('CREATE TABLE pinterest_data (v INT, `Index` BIGINT UNSIGNED, t TEXT)');
  await database.sql(`REVOKE REPLICATION SLAVE ON *.* FROM '${database.login.user}'@'127.0.0.1'`);

  const facts = await database.open();

  expect(facts).toMatchObject({
    point: {
      server: testServers().flavor,
      gtid: expect.stringMatching(isMysql() ? /^[0-9a-f-]{36}:1-\d+$/ : /^0-1-\d+$/),
    },
    table: { name: 'pinterest_data', keyColumn: 'index', keyIndex: 1, isUnsigned: true, columnCount: 3 },
  });
  await database.sql(`GRANT REPLICATION SLAVE ON *.* TO '${database.login.user}'@'127.0.0.1'`);
});

describe('refused because of the table', () => {
  test.each<[name: string, reason: RegExp, statements: string[]]>([
    ['one that is not there', /no table pinterest_data/, []],
    ['a view', /is a view/, ['CREATE OR REPLACE VIEW pinterest_data AS SELECT 1 AS `index`']],
    ['an engine without snapshots', /engine MyISAM, which has no snapshots/, [`${SMALL} ENGINE = MyISAM`]],
    [
      'a key that is computed',
      /computed and not stored/,
      ['CREATE TABLE pinterest_data (a INT, `index` INT AS (a + 1) VIRTUAL)'],
    ],
  ])('%s', async (_, reason, statements) => {
    await newTable(...statements);

    expect(await database.open()).toEqual({ refused: 'table', reason: expect.stringMatching(reason) });
    await newTable('DROP VIEW IF EXISTS pinterest_data');
  });

  test('minimal images that leave the key out', async () => {
    await newTable('CREATE TABLE pinterest_data (id INT PRIMARY KEY, `index` INT)');
    await database.sql("SET GLOBAL binlog_row_image = 'MINIMAL'");

    expect(await database.open()).toEqual({
      refused: 'table',
      reason: expect.stringMatching(/binlog_row_image is MINIMAL/),
    });
    await database.sql("SET GLOBAL binlog_row_image = 'FULL'");
  });
});

test('changes by a foreign key are refused by its name, or read where the server logs them', async () => {
  await newTable(
    'CREATE TABLE parent (id INT PRIMARY KEY)',
    'CREATE TABLE pinterest_data (`index` INT PRIMARY KEY, p INT, CONSTRAINT `its parent` FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)',
    'INSERT INTO parent VALUES (1)',
    'INSERT INTO pinterest_data VALUES (5, 1), (6, NULL)',
  );
  const facts = await database.open();
  if ('refused' in facts) {
    expect(facts).toEqual({ refused: 'table', reason: expect.stringContaining('foreign key its parent') });
  } else {
    const since = await database.now();
    await database.sql('DELETE FROM parent');
    expect((await database.changes(since)).keys).toEqual(BigUint64Array.of(5n));
  }
  await newTable('DROP TABLE parent');
});

describe('refused because of the log', () => {
  test.each([
    ['binlog_format', 'MIXED', 'ROW'],
    ...(isMysql()
      ? [
          ['binlog_row_value_options', 'PARTIAL_JSON', ''],
          ['gtid_mode', 'ON_PERMISSIVE', 'ON'],
        ]
      : []),
  ])('%s is %s', async (name, value, proper) => {
    await newTable(SMALL);
    await database.sql(`SET GLOBAL ${name} = '${value}'`);

    expect(await database.open()).toEqual({
      refused: 'log',
      reason: expect.stringContaining(`${name} is ${value}`),
    });
    await database.sql(`SET GLOBAL ${name} = '${proper}'`);
    expect(await database.open()).toHaveProperty('point');
  });

  test('a server without a log', async () => {
    const without = await startDatabaseServer({ [isMysql() ? 'disable-log-bin' : 'skip-log-bin']: 1 });
    try {
      const plain = await followedDatabase(without.admin);
      await plain.sql(SMALL);

      expect(await plain.open()).toEqual({ refused: 'log', reason: expect.stringMatching(/log_bin is OFF/) });
    } finally {
      await without.stop();
    }
  });

  // MySQL tells a login with SELECT alone nothing of its filters.
  (isMysql() ? test.skip : test)('a log that leaves databases out', async () => {
    const filtered = await startDatabaseServer({ ...LOG_SETTINGS(), 'binlog-ignore-db': 'other' });
    try {
      const left = await followedDatabase(filtered.admin);
      await left.sql(SMALL);

      expect(await left.open()).toEqual({
        refused: 'log',
        reason: expect.stringContaining('binlog_ignore_db is other'),
      });
    } finally {
      await filtered.stop();
    }
  });
});

test('a log in which nothing is written yet has a position, from which it is read', async () => {
  await newTable(SMALL);
  await database.sql(isMysql() ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');
  const since = await database.now();
  expect(since.gtid).toBe(NOTHING_YET);
  await database.sql('INSERT INTO pinterest_data VALUES (7, 7)');

  expect((await database.changes(since)).keys).toEqual(BigUint64Array.of(7n));
});

(isMysql() ? test : test.skip)('transactions with tags', async () => {
  await newTable(SMALL);
  const since = await database.now();
  await database.sql(
    "SET SESSION gtid_next = 'AUTOMATIC:blue'",
    'INSERT INTO pinterest_data VALUES (7, 7)',
    "SET SESSION gtid_next = 'AUTOMATIC'",
    'INSERT INTO pinterest_data VALUES (8, 8)',
  );
  const between = await database.changes(since);
  expect(between.keys).toEqual(BigUint64Array.of(7n, 8n));
  expect(between.gtid).toContain(':blue:1');
  await database.sql(
    "SET SESSION gtid_next = 'AUTOMATIC:blue'",
    'INSERT INTO pinterest_data VALUES (9, 9)',
    "SET SESSION gtid_next = 'AUTOMATIC'",
  );

  const after = await database.changes(between);

  expect(after).toMatchObject({ keys: BigUint64Array.of(9n), gtid: expect.stringContaining(':blue:1-2') });
  expect(await database.log.originOf(FOLLOWED)).toBe(after.origin);
});
