import { createConnection } from 'mysql2/promise';
import { loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { STREAMS } from '../../../lambda/shared/streams';
import type { DatabaseLogins } from '../../../scripts/local/database-logins';
import { startDatabaseServer } from '../../support/database-server';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testDatabase, testServers } from '../../support/servers';

const { flavor } = testServers();

/** Two rows of each key, so that a limit splits a key. */
const KEYS = 600;

/** What any of the settings below would bend. */
const TABLE = (name: string, key: string): string => `CREATE TABLE ${name} (
  \`${key}\` INT NOT NULL, text VARCHAR(40), padded CHAR(10), nothing VARCHAR(5), moment TIMESTAMP(3) NULL, latitude FLOAT,
  bytes BLOB, KEY (\`${key}\`)) CHARACTER SET utf8mb4${flavor === 'mariadb' ? ' WITH SYSTEM VERSIONING' : ''}`;

const VALUES = String.raw`'三😀 zwei ü "a\\b"', 'ab', '', '2020-08-28 03:52:47.120', -89.9787, X'00ff'`;

const recordOf = (keyColumn: string, key: number): string =>
  `{"${keyColumn}":${key},"text":"三😀 zwei ü \\"a\\\\b\\"","padded":"ab","nothing":"","moment":"2020-08-28T03:52:47.120Z","latitude":-89.9787,"bytes":"AP8="}`;

const expectedOf = (keyColumn: string): string[] =>
  Array.from({ length: KEYS }, (_, at) => recordOf(keyColumn, at + 1)).flatMap((record) => [record, record]);

const SETTINGS_OF_BOTH = [
  ['sql_select_limit = 1001', 'sql_select_limit = DEFAULT'],
  ['sql_select_limit = 0', 'sql_select_limit = DEFAULT'],
  ["init_connect = 'SET NAMES latin1'", "init_connect = ''"],
  ["init_connect = 'SET sql_select_limit = 3'", "init_connect = ''"],
  ["init_connect = 'SET autocommit = 0'", "init_connect = ''"],
  ["init_connect = 'BEGIN'", "init_connect = ''"],
  ["init_connect = 'USE information_schema'", "init_connect = ''"],
  ["init_connect = 'SET NAMES binary'", "init_connect = ''"],
  ["init_connect = 'SET character_set_results = NULL'", "init_connect = ''"],
  ["time_zone = '+05:30'", "time_zone = 'SYSTEM'"],
  ["completion_type = 'CHAIN'", "completion_type = 'NO_CHAIN'"],
  ["completion_type = 'RELEASE'", "completion_type = 'NO_CHAIN'"],
  ['autocommit = 0', 'autocommit = 1'],
  ['sql_auto_is_null = 1', 'sql_auto_is_null = 0'],
  ['sql_safe_updates = 1', 'sql_safe_updates = 0'],
  ['max_join_size = 10, GLOBAL sql_big_selects = 0', 'max_join_size = DEFAULT, GLOBAL sql_big_selects = 1'],
  [
    "optimizer_switch = 'mrr=on,mrr_cost_based=off,index_condition_pushdown=off'",
    'optimizer_switch = DEFAULT',
  ],
  ['group_concat_max_len = 4', 'group_concat_max_len = DEFAULT'],
  ['max_sort_length = 64', 'max_sort_length = DEFAULT'],
  [
    'wait_timeout = 1, GLOBAL net_write_timeout = 1',
    'wait_timeout = DEFAULT, GLOBAL net_write_timeout = DEFAULT',
  ],
  ['read_only = 1', 'read_only = 0'],
  ...['READ-UNCOMMITTED', 'READ-COMMITTED', 'SERIALIZABLE'].map((level) => [
    `transaction_isolation = '${level}'`,
    'transaction_isolation = DEFAULT',
  ]),
  ...[
    'ANSI',
    'HIGH_NOT_PRECEDENCE',
    'IGNORE_SPACE',
    'NO_BACKSLASH_ESCAPES',
    'PAD_CHAR_TO_FULL_LENGTH',
    'TRADITIONAL',
    '',
  ].map((mode) => [`sql_mode = '${mode}'`, 'sql_mode = DEFAULT']),
] as [string, string][];

const SETTINGS_OF_MARIADB: [string, string][] = [
  ['max_statement_time = 0.001', 'max_statement_time = 0'],
  ["system_versioning_asof = '2000-01-01'", 'system_versioning_asof = DEFAULT'],
  ['idle_transaction_timeout = 1', 'idle_transaction_timeout = 0'],
  ["old_mode = 'ZERO_DATE_TIME_CAST,UTF8_IS_UTF8MB3'", 'old_mode = DEFAULT'],
  ["sql_mode = 'EMPTY_STRING_IS_NULL'", 'sql_mode = DEFAULT'],
  ["sql_mode = 'ORACLE'", 'sql_mode = DEFAULT'],
  ["sql_mode = 'MSSQL'", 'sql_mode = DEFAULT'],
];

const SETTINGS_OF_MYSQL: [string, string][] = [
  ['max_execution_time = 1', 'max_execution_time = 0'],
  ['super_read_only = 1', 'super_read_only = 0, GLOBAL read_only = 0'],
  ["default_collation_for_utf8mb4 = 'utf8mb4_general_ci'", 'default_collation_for_utf8mb4 = DEFAULT'],
  ["sql_mode = 'TIME_TRUNCATE_FRACTIONAL'", 'sql_mode = DEFAULT'],
];

const SETTINGS = [...SETTINGS_OF_BOTH, ...(flavor === 'mariadb' ? SETTINGS_OF_MARIADB : SETTINGS_OF_MYSQL)];

/** What a view computes depends on these, and whether all of it comes. */
const SETTINGS_OF_VIEWS = [
  ['group_concat_max_len = 4', 'group_concat_max_len = DEFAULT'],
  ['div_precision_increment = 0', 'div_precision_increment = DEFAULT'],
  ["lc_time_names = 'de_DE'", "lc_time_names = 'en_US'"],
  ['default_week_format = 3', 'default_week_format = DEFAULT'],
  ["block_encryption_mode = 'aes-256-ecb'", 'block_encryption_mode = DEFAULT'],
  ...(flavor === 'mariadb'
    ? [
        ["default_regex_flags = 'EXTENDED'", "default_regex_flags = ''"],
        ['max_recursive_iterations = 2', 'max_recursive_iterations = DEFAULT'],
        ['max_session_mem_used = 100000', 'max_session_mem_used = DEFAULT'],
        ['tmp_disk_table_size = 1024', 'tmp_disk_table_size = DEFAULT'],
      ]
    : [
        ['cte_max_recursion_depth = 2', 'cte_max_recursion_depth = DEFAULT'],
        ["init_connect = 'SET use_secondary_engine = FORCED'", "init_connect = ''"],
      ]),
] as [string, string][];

/** A row whose values are longer than a new MySQL shows, and rows that are found one after another. */
const VIEWS = [
  'CREATE TABLE words (word VARCHAR(40))',
  `INSERT INTO words SELECT CONCAT('word ', LPAD(seq, 4, '0')) FROM ${sequence(1, 500)}`,
  'CREATE TABLE pinterest_data (`index` BIGINT, title TEXT, KEY (`index`))',
  `CREATE VIEW geolocation_data AS WITH RECURSIVE found AS
     (SELECT 1 AS ind UNION ALL SELECT ind + 1 FROM found WHERE ind < 1200) SELECT ind FROM found`,
  `CREATE VIEW user_data AS SELECT 1 AS ind, GROUP_CONCAT(word ORDER BY word) AS words, COUNT(*) / 7 AS share,
     DATE_FORMAT('2020-05-28', '%M') AS month, WEEK('2020-08-28') AS week, MIN(word) RLIKE 'word 0' AS matches,
     HEX(AES_ENCRYPT('a', 'b')) AS secret FROM words`,
];

const COMPUTED = {
  ind: 1,
  words: Array.from({ length: 500 }, (_, at) => `word ${`${at + 1}`.padStart(4, '0')}`).join(),
  share: '71.4286',
  month: 'May',
  week: 34,
  matches: 1,
  secret: '54813C99E9715C2813134C6C172E494E',
};

let server: Awaited<ReturnType<typeof startDatabaseServer>>;
let logins: DatabaseLogins;

beforeAll(async () => {
  // MariaDB can be given results of before; a server that starts without the cache cannot turn it on.
  server = await startDatabaseServer({
    // The emitters of all tests end with the file.
    'max-connections': 1_000,
    ...(flavor === 'mariadb' && { 'query-cache-type': 1, 'query-cache-size': '16M' }),
  });
  logins = await testDatabase(server.admin);
  await asLogin(
    logins.owner,
    "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = ''",
    ...[
      ['pinterest_data', 'index'],
      ['geolocation_data', 'ind'],
      ['user_data', 'ind'],
    ].flatMap(([name = '', key = '']) => [
      TABLE(name, key),
      `INSERT INTO ${name} SELECT 1 + (seq DIV 2), ${VALUES} FROM ${sequence(0, 2 * KEYS - 1)}`,
    ]),
  );
});

afterAll(() => server.stop());

async function asLogin(
  { host, port, user, password, database }: DatabaseLogin,
  ...statements: string[]
): Promise<void> {
  const connection = await createConnection({
    ...{ host, port, user, password },
    ...(database !== '' && { database }),
  });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
}

/** Does something while the server is set so, for connections that are made meanwhile. */
async function whileSet<T>([change, restore]: readonly [string, string], work: () => Promise<T>): Promise<T> {
  await asLogin(server.admin, `SET GLOBAL ${change}`);
  try {
    return await work();
  } finally {
    await asLogin(server.admin, `SET GLOBAL ${restore}`);
  }
}

describe('whatever the server is set to, every row arrives as it is', () => {
  test.each(SETTINGS)('%s', async (...settings) => {
    const pipeline = await testPipeline(1, undefined, logins);

    const { summary, report } = await whileSet(settings, async () => ({
      summary: await pipeline.emit(),
      report: await pipeline.verify(),
    }));

    const rows = 2 * KEYS;
    expect(summary).toMatchObject({
      emitted: { pin: rows, geo: rows, user: rows },
      deadLettered: 0,
      caughtUp: true,
    });
    const records = await pipeline.allRecords();
    for (const { name, keyColumn } of STREAMS) {
      expect(records[name].map(({ value }) => value)).toEqual(expectedOf(keyColumn));
    }
    expect(report.streams.pin.examples).toEqual([]);
    expect(report).toMatchObject({ equal: true, streams: { pin: { rows, records: rows } } });
  });
});

describe('whatever the server is set to, every row of a view arrives as it is', () => {
  let views: DatabaseLogins;

  beforeAll(async () => {
    views = await testDatabase(server.admin);
    await asLogin(views.owner, ...VIEWS);
  });

  test.each(SETTINGS_OF_VIEWS)('%s', async (...settings) => {
    const pipeline = await testPipeline(1, undefined, views);

    const { summary, report } = await whileSet(settings, async () => ({
      summary: await pipeline.emit(),
      report: await pipeline.verify(),
    }));

    expect(summary).toMatchObject({ emitted: { pin: 0, geo: 1200, user: 1 }, deadLettered: 0 });
    const { geo, user } = await pipeline.allRecords();
    expect(user.map(({ value }) => JSON.parse(value))).toEqual([COMPUTED]);
    expect(geo.map(({ key }) => Number(key))).toEqual(Array.from({ length: 1200 }, (_, at) => at + 1));
    expect(report).toMatchObject({ equal: true, streams: { geo: { rows: 1200 }, user: { rows: 1 } } });
  });
});

describe('whatever the server is set to, changes are followed or it is said that they are not', () => {
  const ROWS = "INSERT INTO user_data (ind, first_name) VALUES (1, 'a'), (2, 'b'), (3, 'c')";

  /** The user table as it is made by these statements, in a database of its own. */
  async function withUserTable(...statements: string[]): Promise<TestPipeline> {
    const database = await testDatabase(server.admin);
    await asLogin(database.owner, ...SMALL_TABLES, 'DROP TABLE user_data', ...statements);
    return await testPipeline(1, undefined, database);
  }

  test('foreign keys that change rows are found where names are not quoted', async () => {
    const parents =
      'parent INT DEFAULT 1, CONSTRAINT gone FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE';
    const pipeline = await withUserTable(
      'CREATE TABLE parents (id INT PRIMARY KEY)',
      'INSERT INTO parents VALUES (1)',
      `CREATE TABLE user_data (ind BIGINT, first_name TEXT, KEY (ind), ${parents})`,
      ROWS,
    );

    await whileSet(['sql_quote_show_create = 0', 'sql_quote_show_create = 1'], async () => {
      const { changes } = await pipeline.emit();
      await pipeline.sql('DELETE FROM parents');
      await pipeline.emit();
      const { equal } = await pipeline.verify();
      expect([changes.user, equal]).toEqual(
        flavor === 'mysql'
          ? ['followed', true]
          : [expect.stringContaining('copied-only (foreign key gone of user_data'), false],
      );
    });
  });

  if (flavor === 'mysql') {
    test('a primary key that the server has added, and hides, is counted', async () => {
      const hidden = 'show_gipk_in_create_table_and_information_schema';
      const generate = 'sql_generate_invisible_primary_key';
      await asLogin(server.admin, `SET GLOBAL ${generate} = ON`);
      const pipeline = await withUserTable(
        'CREATE TABLE user_data (ind BIGINT, first_name TEXT, KEY (ind))',
        ROWS,
      );
      await asLogin(server.admin, `SET GLOBAL ${generate} = OFF`);

      await whileSet([`${hidden} = OFF`, `${hidden} = ON`], async () => {
        await pipeline.emit();
        await pipeline.sql(
          "UPDATE user_data SET first_name = 'x' WHERE ind = 1",
          'DELETE FROM user_data WHERE ind = 2',
        );
        expect(await pipeline.emit()).toMatchObject({ followed: { user: 2 }, changes: { user: 'followed' } });
        expect(await pipeline.verify()).toMatchObject({ equal: true });
      });
    });
  }
});

describe('whatever the server is set to, the sample tables are loaded as they are', () => {
  test.each([
    ["init_connect = 'SET NAMES latin1'", "init_connect = ''"],
    ['autocommit = 0', 'autocommit = 1'],
    ['transaction_read_only = 1', 'transaction_read_only = 0'],
    ["sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'", 'sql_mode = DEFAULT'],
    ["default_storage_engine = 'MyISAM'", 'default_storage_engine = DEFAULT'],
  ] as [string, string][])('%s', async (...settings) => {
    const plain = await testDatabase(server.admin);
    const bent = await testDatabase(server.admin);
    await loadSampleTables(plain.owner, { rows: 500 });
    await whileSet(settings, () => loadSampleTables(bent.owner, { rows: 500 }));

    const digests = [];
    for (const database of [plain, bent]) {
      const pipeline = await testPipeline(1, undefined, database);
      await pipeline.emit();
      const { equal, streams } = await pipeline.verify();
      digests.push([equal, streams.pin.digest, streams.geo.digest, streams.user.digest]);
    }
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[0]?.[0]).toBe(true);
  });
});
