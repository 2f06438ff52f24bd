import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testServers } from '../../support/servers';

const { flavor } = testServers();

/** The user table as it is made by these statements, beside two small ones. */
async function withUserTable(...statements: string[]): Promise<TestPipeline> {
  const pipeline = await testPipeline(1);
  await pipeline.sql("SET sql_mode = ''", ...SMALL_TABLES, 'DROP TABLE user_data', ...statements);
  return pipeline;
}

const THREE_ROWS = "INSERT INTO user_data (ind, first_name) VALUES (3, 'c'), (1, 'a'), (2, 'b')";

const INVISIBLE = flavor === 'mariadb' ? 'IGNORED' : 'INVISIBLE';

const JSON_TABLE = [
  'CREATE TABLE people (ind BIGINT, first_name VARCHAR(20), document JSON)',
  `INSERT INTO people VALUES (1, 'a', '{"b": [1, {}], "a": 1.5}'), (2, 'b', NULL), (3, 'c', '[]')`,
];

const TABLES: [what: string, ...statements: string[]][] = [
  ['without an index', 'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20))', THREE_ROWS],
  [
    'with an index that the server does not use',
    `CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY by_ind (ind) ${INVISIBLE})`,
    THREE_ROWS,
  ],
  [
    'with such an index, and one that it uses',
    `CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY a (ind) ${INVISIBLE}, KEY b (ind))`,
    THREE_ROWS,
  ],
  [
    'with a descending index',
    'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind DESC))',
    THREE_ROWS,
  ],
  [
    'with an index of several columns',
    'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind, first_name(3)), KEY (first_name))',
    THREE_ROWS,
  ],
  [
    'in memory, with a hash index',
    'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind) USING HASH) ENGINE MEMORY',
    THREE_ROWS,
  ],
  [
    'of MyISAM',
    'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind)) ENGINE MyISAM',
    THREE_ROWS,
  ],
  [
    'in partitions',
    'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind)) PARTITION BY HASH (ind) PARTITIONS 3',
    THREE_ROWS,
  ],
  [
    'whose key is generated',
    'CREATE TABLE user_data (half INT, ind BIGINT AS (half * 2) STORED, first_name VARCHAR(20), KEY (ind))',
    "INSERT INTO user_data (half, first_name) VALUES (3, 'c'), (1, 'a'), (2, 'b')",
  ],
  [
    'with spatial and full-text indexes',
    `CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), place POINT NOT NULL, SPATIAL KEY (place), FULLTEXT KEY (first_name), KEY (ind))`,
    "INSERT INTO user_data VALUES (2, 'b', POINT(1, 2)), (1, 'a', POINT(3, 4)), (3, 'c', POINT(5, 6))",
  ],
  ['that is a view', ...JSON_TABLE, 'CREATE VIEW user_data AS SELECT * FROM people'],
  [
    'that is a view of a query',
    ...JSON_TABLE,
    'CREATE VIEW user_data AS SELECT ind, MAX(first_name) AS first_name FROM people GROUP BY ind',
  ],
  ...(flavor === 'mysql'
    ? ([
        [
          'with an index of an expression',
          'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY ((ind + 1)), KEY ((ind * 2), ind))',
          THREE_ROWS,
        ],
        [
          'with an invisible primary key',
          'CREATE TABLE user_data (id INT AUTO_INCREMENT PRIMARY KEY INVISIBLE, ind BIGINT, first_name VARCHAR(20))',
          THREE_ROWS,
        ],
      ] as [string, string, string][])
    : ([
        [
          'with a history of its rows',
          'CREATE TABLE user_data (ind BIGINT, first_name VARCHAR(20), KEY (ind)) WITH SYSTEM VERSIONING',
          "INSERT INTO user_data VALUES (3, 'x'), (1, 'a'), (2, 'b'), (4, 'gone')",
          "UPDATE user_data SET first_name = 'c' WHERE ind = 3",
          'DELETE FROM user_data WHERE ind = 4',
        ],
        [
          'of Aria, with a column that is compressed',
          'CREATE TABLE user_data (ind BIGINT, first_name TEXT COMPRESSED, KEY (ind)) ENGINE Aria',
          THREE_ROWS,
        ],
      ] as [string, string, string][])),
];

describe('a table', () => {
  test.each(TABLES)('%s is emitted in order, and equal', async (_, ...statements) => {
    const pipeline = await withUserTable(...statements);

    expect(await pipeline.emit()).toMatchObject({ emitted: { user: 3 }, deadLettered: 0, caughtUp: true });

    const records = (await pipeline.records('user')).map(({ value }) => JSON.parse(value));
    const keys = records.map(({ ind }) => ind);
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    expect(records.map(({ first_name }) => first_name)).toEqual(['a', 'b', 'c']);
    const report = await pipeline.verify();
    expect(report.streams.user.examples).toEqual([]);
    expect(report).toMatchObject({ equal: true, streams: { user: { rows: 3, records: 3 } } });
  });

  test('whose key SELECT * does not show is refused by name', async () => {
    const pipeline = await withUserTable(
      'CREATE TABLE user_data (ind BIGINT INVISIBLE, first_name VARCHAR(20), KEY (ind))',
      THREE_ROWS,
    );

    await expect(pipeline.emit()).rejects.toMatchObject({
      name: 'TableError',
      message: 'Column ind of table user_data is invisible: allowed: a column that SELECT * shows.',
    });
    await expect(pipeline.verify()).rejects.toMatchObject({
      name: 'TableError',
      message: expect.stringContaining('Table user_data has no column ind'),
    });
  });

  test('that the login may not read is refused by name', async () => {
    const pipeline = await withUserTable(
      'CREATE TABLE people AS SELECT * FROM pinterest_data',
      'CREATE VIEW user_data AS SELECT * FROM people',
      'DROP TABLE people',
    );

    await expect(pipeline.emit()).rejects.toMatchObject({
      name: 'TableError',
      message: expect.stringContaining('user_data'),
    });
  });
});

describe('a value of 16 MB', () => {
  test.each([
    ['LONGBLOB', "REPEAT(X'00ff', 8000000)"],
    ['LONGTEXT', "REPEAT('é', 8000000)"],
    ['JSON', `CONCAT('["', REPEAT('a', 15000000), '"]')`],
  ])('of type %s is a dead letter, and compared in seconds', async (type, value) => {
    const pipeline = await withUserTable(
      `CREATE TABLE user_data (ind BIGINT, first_name ${type}, KEY (ind))`,
      `INSERT INTO user_data VALUES (1, ${value}), (2, NULL)`,
    );

    expect(await pipeline.emit()).toMatchObject({ emitted: { user: 1 }, deadLettered: 1, caughtUp: true });

    const began = performance.now();
    expect(await pipeline.verify()).toMatchObject({
      equal: true,
      streams: { user: { rows: 2, records: 1, deadLettered: 1 } },
    });
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  test('bytes as long as a message can hold are compared in a time that does not grow with their square', async () => {
    const pipeline = await withUserTable(
      'CREATE TABLE user_data (ind BIGINT, first_name LONGBLOB, KEY (ind))',
      `INSERT INTO user_data SELECT seq, REPEAT(X'00ff', 330000) FROM ${sequence(1, 20)}`,
    );
    expect(await pipeline.emit()).toMatchObject({ emitted: { user: 20 }, deadLettered: 0 });

    const began = performance.now();
    expect(await pipeline.verify()).toMatchObject({ equal: true, streams: { user: { records: 20 } } });
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
