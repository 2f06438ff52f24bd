import { startDatabaseServer } from '../../support/database-server';
import { type FollowedDatabase, followedDatabase, LOG_SETTINGS } from '../../support/followed-database';
import { sequence } from '../../support/pipeline';
import { testServers } from '../../support/servers';

let server: Awaited<ReturnType<typeof startDatabaseServer>>;
let database: FollowedDatabase;

beforeAll(async () => {
  server = await startDatabaseServer(LOG_SETTINGS());
  database = await followedDatabase(server.admin);
});

afterAll(async () => {
  await server?.stop();
});

const isMysql = (): boolean => testServers().flavor === 'mysql';

const SMALL = '`index` INT PRIMARY KEY, v INT';
const WITH_ID = 'id INT AUTO_INCREMENT PRIMARY KEY, `index` INT, v INT, b TEXT';

/** A new table with the keys 1, 2 and 3. */
async function newTable(columns = SMALL): Promise<void> {
  await database.sql(
    'DROP TABLE IF EXISTS pinterest_data',
    `CREATE TABLE pinterest_data (${columns})`,
    'INSERT INTO pinterest_data (`index`, v) VALUES (1, 1), (2, 2), (3, 3)',
  );
}

/** The keys that statements have changed. */
async function keysChangedBy(statements: readonly string[], columns = SMALL): Promise<string[]> {
  await newTable(columns);
  const since = await database.now();
  await database.sql(...statements);
  const { keys, gtid } = await database.changes(since);
  expect(gtid).toBe((await database.now()).gtid);
  return [...keys].map(String);
}

describe.each(['FULL', 'MINIMAL'])('with binlog_row_metadata=%s', (metadata) => {
  beforeAll(() => database.sql(`SET GLOBAL binlog_row_metadata = ${metadata}`));

  test.each<[name: string, statements: string[], keys: (number | bigint)[], columns?: string]>([
    ['nothing', [], []],
    [
      'rows inserted, updated and deleted',
      [
        'INSERT INTO pinterest_data VALUES (9, 9)',
        'UPDATE pinterest_data SET v = 0 WHERE `index` = 1',
        'DELETE FROM pinterest_data WHERE `index` = 3',
      ],
      [1, 3, 9],
    ],
    ['a key that is updated itself', ['UPDATE pinterest_data SET `index` = 7 WHERE `index` = 2'], [2, 7]],
    [
      'rows replaced',
      [
        'REPLACE INTO pinterest_data VALUES (2, 5)',
        'INSERT INTO pinterest_data VALUES (3, 1) ON DUPLICATE KEY UPDATE v = 8',
      ],
      [2, 3],
    ],
    ['a transaction that is rolled back', ['BEGIN', 'UPDATE pinterest_data SET v = 9', 'ROLLBACK'], []],
    [
      'a part that is rolled back',
      [
        'BEGIN',
        'UPDATE pinterest_data SET v = 9 WHERE `index` = 1',
        'SAVEPOINT a',
        'UPDATE pinterest_data SET v = 9 WHERE `index` = 2',
        'ROLLBACK TO a',
        'COMMIT',
      ],
      [1],
    ],
    [
      'keys that cannot be used',
      [
        'INSERT INTO pinterest_data VALUES (NULL, 1), (-5, 2), (8, 8), (9223372036854775807, 1), (9223372036854775806, 1)',
      ],
      [8, 9_223_372_036_854_775_806n],
      '`index` BIGINT, v INT',
    ],
    [
      'keys without sign',
      ['INSERT INTO pinterest_data VALUES (18446744073709551615, 1), (9223372036854775806, 1), (200, 1)'],
      [200, 9_223_372_036_854_775_806n],
      '`index` BIGINT UNSIGNED, v INT',
    ],
    [
      'small keys without sign',
      ['INSERT INTO pinterest_data VALUES (250, 1)'],
      [250],
      '`index` TINYINT UNSIGNED, v INT',
    ],
    [
      'keys of three bytes',
      ['INSERT INTO pinterest_data VALUES (-1, 1), (8388607, 1)'],
      [8388607],
      '`index` MEDIUMINT, v INT',
    ],
    [
      'another table, and one of the same name elsewhere',
      [
        'CREATE TABLE other (`index` INT)',
        'INSERT INTO other VALUES (5)',
        'TRUNCATE other',
        'DROP TABLE other',
      ],
      [],
    ],
    [
      'an index, and statistics',
      [
        'CREATE INDEX i ON pinterest_data (v)',
        'UPDATE pinterest_data SET v = 6 WHERE `index` = 2',
        'ANALYZE TABLE pinterest_data',
        'OPTIMIZE TABLE pinterest_data',
        'ALTER TABLE pinterest_data ADD INDEX j (v), ADD KEY k (v, `index`)',
        'DROP INDEX i ON pinterest_data',
      ],
      [2],
    ],
    [
      'a table that is created if it is missing',
      [
        'CREATE TABLE IF NOT EXISTS pinterest_data (a INT)',
        'UPDATE pinterest_data SET v = 6 WHERE `index` = 2',
      ],
      [2],
    ],
    [
      'a temporary table of the same name',
      [
        'CREATE TEMPORARY TABLE pinterest_data (`index` INT, v INT)',
        'INSERT INTO pinterest_data VALUES (55, 1)',
        'DROP TEMPORARY TABLE pinterest_data',
      ],
      [],
    ],
    [
      'a trigger of another table',
      [
        'CREATE TABLE cause (a INT)',
        'CREATE TRIGGER tr AFTER INSERT ON cause FOR EACH ROW UPDATE pinterest_data SET v = 99 WHERE `index` = 3',
        'INSERT INTO cause VALUES (1)',
        'DROP TABLE cause',
      ],
      [3],
    ],
    [
      'two tables updated at once',
      [
        'CREATE TABLE other AS SELECT * FROM pinterest_data',
        'UPDATE pinterest_data p JOIN other o ON p.`index` = o.`index` SET p.v = 7, o.v = 7 WHERE p.`index` < 3',
        'DROP TABLE other',
      ],
      [1, 2],
    ],
    [
      'minimal images with the key',
      [
        "SET SESSION binlog_row_image = 'MINIMAL'",
        'UPDATE pinterest_data SET v = 5 WHERE `index` = 1',
        'DELETE FROM pinterest_data WHERE `index` = 2',
        'UPDATE pinterest_data SET `index` = 30 WHERE `index` = 3',
        "SET SESSION binlog_row_image = 'FULL'",
      ],
      [1, 2, 3, 30],
    ],
    [
      'images without large columns',
      [
        "SET SESSION binlog_row_image = 'NOBLOB'",
        'UPDATE pinterest_data SET v = 5 WHERE `index` = 1',
        "SET SESSION binlog_row_image = 'FULL'",
      ],
      [1],
      WITH_ID,
    ],
    [
      'a row of 20 MB',
      ["UPDATE pinterest_data SET b = REPEAT('x', 20000000) WHERE `index` = 1"],
      [1],
      'b LONGTEXT, `index` INT PRIMARY KEY, v INT',
    ],
  ])('%s: these keys', async (_, statements, keys, columns = SMALL) => {
    expect(await keysChangedBy(statements, columns)).toEqual(keys.map(String));
  });

  test('keys behind columns of every type', async () => {
    const columns = isMysql() ? [...COLUMNS, ...MYSQL_COLUMNS] : [...COLUMNS, ...MARIADB_COLUMNS];
    const table = `${columns.map((column, at) => `c${at} ${column}`).join(', ')}, \`index\` MEDIUMINT UNSIGNED PRIMARY KEY, v INT`;
    const nulls = columns
      .map((_, at) => `c${at} = NULL`)
      .filter((_, at) => !/ AS |NOT NULL/.test(columns[at] ?? ''));

    expect(
      await keysChangedBy(
        [
          'UPDATE pinterest_data SET v = 22 WHERE `index` = 2',
          `UPDATE pinterest_data SET ${nulls.join(', ')} WHERE \`index\` = 3`,
        ],
        table,
      ),
    ).toEqual(['2', '3']);
  });

  test.each<[name: string, statements: string[], reason: RegExp, columns?: string]>([
    ['TRUNCATE', ['TRUNCATE pinterest_data'], /TRUNCATE/],
    [
      'a column added before',
      [
        'UPDATE pinterest_data SET v = 5',
        'ALTER TABLE pinterest_data ADD COLUMN n INT FIRST',
        'UPDATE pinterest_data SET v = 6',
      ],
      /^pinterest_data/,
    ],
    [
      'a table swapped for another',
      [
        'CREATE TABLE t_new LIKE pinterest_data',
        'RENAME TABLE pinterest_data TO t_old, t_new TO pinterest_data',
        'DROP TABLE t_old',
      ],
      /RENAME/,
    ],
    [
      'a table dropped and created',
      ['DROP TABLE pinterest_data', `CREATE TABLE pinterest_data (${SMALL})`],
      /DROP/,
    ],
    [
      'a minimal image without the key',
      [
        "SET SESSION binlog_row_image = 'MINIMAL'",
        'UPDATE pinterest_data SET v = 5',
        "SET SESSION binlog_row_image = 'FULL'",
      ],
      /binlog_row_image leaves column index/,
      WITH_ID,
    ],
    [
      'a statement',
      [
        "SET SESSION binlog_format = 'STATEMENT'",
        'UPDATE pinterest_data SET v = v + 1 WHERE `index` = 2',
        "SET SESSION binlog_format = 'ROW'",
      ],
      /changed by a statement: UPDATE/,
    ],
  ])('%s: lost', async (_, statements, reason, columns = SMALL) => {
    const reading = keysChangedBy(statements, columns);

    await expect(reading).rejects.toMatchObject({
      name: 'LogLostError',
      message: expect.stringMatching(reason),
    });
    await reading.catch(({ message }) => expect(message.length).toBeLessThan(120));
  });
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
  const few = await followedDatabase(server.admin, { mostKeys: 1_000 });
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
