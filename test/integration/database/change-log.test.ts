import { type FollowedDatabase, followedServer } from '../../support/followed-database';

let database: FollowedDatabase;

beforeAll(async () => {
  database = await followedServer();
});

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
