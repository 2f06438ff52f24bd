import {
  type FollowedDatabase,
  followedDatabase,
  followedServer,
  isMysql,
} from '../../support/followed-database';
import { sequence } from '../../support/pipeline';

let database: FollowedDatabase;

beforeAll(async () => {
  database = await followedServer();
});

/** A new table with the keys 1, 2 and 3. */
async function newTable(columns = '`index` INT PRIMARY KEY, v INT'): Promise<void> {
  await database.sql(
    'DROP TABLE IF EXISTS pinterest_data',
    `CREATE TABLE pinterest_data (${columns})`,
    'INSERT INTO pinterest_data (`index`, v) VALUES (1, 1), (2, 2), (3, 3)',
  );
}

test('keys behind columns of every type', async () => {
  const columns = isMysql() ? [...COLUMNS, ...MYSQL_COLUMNS] : [...COLUMNS, ...MARIADB_COLUMNS];
  const table = `${columns.map((column, at) => `c${at} ${column}`).join(', ')}, \`index\` MEDIUMINT UNSIGNED PRIMARY KEY, v INT`;
  const nulls = columns
    .map((_, at) => `c${at} = NULL`)
    .filter((_, at) => !/ AS |NOT NULL/.test(columns[at] ?? ''));

  await newTable(table);
  const since = await database.now();
  await database.sql(
    'UPDATE pinterest_data SET v = 22 WHERE `index` = 2',
    `UPDATE pinterest_data SET ${nulls.join(', ')} WHERE \`index\` = 3`,
  );

  expect((await database.changes(since)).keys).toEqual(BigUint64Array.of(2n, 3n));
});

test('many rows of one statement are read in the range that is asked for', async () => {
  await newTable();
  const since = await database.now();
  await database.sql(`INSERT INTO pinterest_data SELECT seq, 1 FROM ${sequence(100, 60_099)}`);

  const { keys } = await database.changes(since, { from: 30_000n, to: 50_000n });

  expect(keys.length).toBe(20_000);
  expect([keys[0], keys.at(-1)]).toEqual([30_000n, 49_999n]);
  expect((await database.changes(since)).keys.length).toBe(60_000);
});

test('with more keys than are kept, these are all up to the last one', async () => {
  const few = await followedDatabase(database.admin, { mostKeys: 1_000 });
  await few.sql('CREATE TABLE pinterest_data (`index` INT, v INT)');
  const since = await few.now();
  await few.sql(`INSERT INTO pinterest_data SELECT (seq * 7919) % 10007, 1 FROM ${sequence(1, 10_006)}`);

  const first = await few.changes(since);
  expect([first.keys.length, first.to]).toEqual([1_000, 1_001n]);
  const second = await few.changes(since, { from: first.to });
  expect([second.keys[0], second.keys.length, second.to]).toEqual([1_001n, 1_000, 2_001n]);
});

test('compressed events', async () => {
  await newTable('`index` INT PRIMARY KEY, v INT, t LONGTEXT');
  const since = await database.now();
  await database.sql(
    ...(isMysql()
      ? ['SET SESSION binlog_transaction_compression = ON']
      : ['SET GLOBAL log_bin_compress = ON', 'SET GLOBAL log_bin_compress_min_len = 10']),
    "UPDATE pinterest_data SET t = REPEAT('x', 3000)",
    `INSERT INTO pinterest_data SELECT seq, 1, REPEAT('y', 500) FROM ${sequence(100, 20_099)}`,
    "UPDATE pinterest_data SET t = REPEAT('z', 3000000) WHERE `index` < 3",
    'CREATE INDEX i ON pinterest_data (v)',
    ...(isMysql()
      ? ['SET SESSION binlog_transaction_compression = OFF']
      : ['SET GLOBAL log_bin_compress = OFF']),
  );

  const { keys } = await database.changes(since);

  expect(keys.length).toBe(20_003);
  expect([keys[0], keys[3], keys.at(-1)]).toEqual([1n, 100n, 20_099n]);
});

test('a log without checksums, and files with and without', async () => {
  await newTable();
  const since = await database.now();
  await database.sql(
    'UPDATE pinterest_data SET v = 8 WHERE `index` = 1',
    'SET GLOBAL binlog_checksum = NONE',
    'UPDATE pinterest_data SET v = 8 WHERE `index` = 2',
  );
  const between = await database.now();
  await database.sql(
    'SET GLOBAL binlog_checksum = CRC32',
    'UPDATE pinterest_data SET v = 8 WHERE `index` = 3',
  );

  expect([...(await database.changes(since)).keys]).toEqual([1n, 2n, 3n]);
  expect([...(await database.changes(between)).keys]).toEqual([3n]);
});

const COLUMNS = [
  'TINYINT DEFAULT 1',
  'DECIMAL(31,7) DEFAULT 3.5',
  "TIME(3) DEFAULT '01:02:03.123'",
  'TIMESTAMP(6) NULL DEFAULT CURRENT_TIMESTAMP(6)',
  'YEAR DEFAULT 2020',
  'BIT(13) DEFAULT 5',
  "ENUM('x', 'y') DEFAULT 'y'",
  "SET('a', 'b', 'c') DEFAULT 'a,c'",
  "CHAR(200) CHARACTER SET utf8mb4 DEFAULT 'é'",
  "VARBINARY(300) DEFAULT 'abc'",
  'FLOAT DEFAULT 1.5',
  'DOUBLE DEFAULT 2.5',
  "DATE DEFAULT '2020-01-01'",
  'DATETIME DEFAULT NOW()',
  "DATETIME(2) DEFAULT '2020-01-01 00:00:00.12'",
  'INT AS (v + 1) VIRTUAL',
  'INT AS (v + 2) STORED',
  'SMALLINT UNSIGNED DEFAULT 3',
  'BIGINT DEFAULT 3',
];

const MARIADB_COLUMNS = [
  'JSON DEFAULT \'{"a":1}\'',
  'UUID DEFAULT UUID()',
  "INET6 DEFAULT '::1'",
  "INET4 DEFAULT '1.2.3.4'",
  "POINT DEFAULT ST_GeomFromText('POINT(1 1)')",
  "MEDIUMTEXT COMPRESSED DEFAULT REPEAT('z', 5000)",
  "VARCHAR(500) COMPRESSED DEFAULT REPEAT('q', 400)",
];

const MYSQL_COLUMNS = [
  'JSON DEFAULT (JSON_OBJECT("a", 1))',
  "POINT DEFAULT (ST_GeomFromText('POINT(1 1)'))",
  "MEDIUMTEXT DEFAULT (REPEAT('z', 5000))",
  "VECTOR(3) DEFAULT (STRING_TO_VECTOR('[1,2,3]'))",
];
