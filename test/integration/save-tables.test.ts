import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { parse } from 'csv-parse/sync';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { openTunnel } from '../../scripts/aws/tunnel';
import { saveTables } from '../../scripts/save-tables';
import type { SavedColumn, SavedTable } from '../../scripts/table-files/saved-tables';
import { announceEmulator } from '../support/announced-emulator';
import { deployedStacks } from '../support/deployed-stacks';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../support/pipeline';
import { type CommandResult, runCommand } from '../support/run-command';
import { ServerProxy } from '../support/server-proxy';
import { testDirectory, testServers } from '../support/servers';

jest.mock('../../scripts/aws/tunnel');

const { flavor } = testServers();

/** How the server writes the type. */
const bigint = flavor === 'mariadb' ? 'bigint(20)' : 'bigint';

const PROJECT = path.resolve(__dirname, '../..');

/** An empty folder of a test's own. */
function newFolder(): string {
  const folder = testDirectory();
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Saves the tables of a pipeline, with the login that may only read. */
async function save(pipeline: TestPipeline, out: string, ...argv: readonly string[]): Promise<CommandResult> {
  const creds = pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string;
  const result = await runCommand(saveTables, '--creds', creds, '--out', out, ...argv);
  expect(result.stdout + result.stderr).not.toContain(pipeline.logins.emitter.password);
  return result;
}

const savedIn = ({ stdout }: CommandResult): SavedTable[] => JSON.parse(stdout).tables;

const columnsOf = (tables: readonly SavedTable[], name: string): Record<string, SavedColumn> =>
  Object.fromEntries(
    (tables.find(({ table }) => table === name)?.columns ?? []).map((column) => [column.name, column]),
  );

/** Reads a CSV with another program than the one that writes it; an empty field without quotes is NULL. */
const readCsv = (file: string): (string | null)[][] =>
  parse(readFileSync(file), {
    record_delimiter: '\r\n',
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });

/** What the database itself says of a query, as text. */
async function select(login: DatabaseLogin, sql: string): Promise<(string | null)[][]> {
  const connection = await createConnection({
    ...login,
    rowsAsArray: true,
    dateStrings: true,
    charset: 'utf8mb4',
  });
  try {
    const [rows] = await connection.query<RowDataPacket[][]>(sql);
    return rows as unknown as (string | null)[][];
  } finally {
    await connection.end();
  }
}

const TYPES = [
  ['TINYINT', '-128'],
  ['BIGINT', '9007199254740993'],
  ['BIGINT UNSIGNED', '18446744073709551615'],
  ['INT(8) ZEROFILL', '42'],
  ['DECIMAL(65,30)', '-0.000000000000000000000000000001'],
  ['FLOAT', '-89.9787'],
  ['DOUBLE', '1.7976931348623157e308'],
  ['YEAR', '1901'],
  ['DATE', "'0000-00-00'"],
  ['DATETIME', "'2020-08-28 03:52:47'"],
  ['DATETIME(6)', "'9999-12-31 23:59:59.999999'"],
  ['TIMESTAMP NULL', "'2038-01-19 03:14:07'"],
  ['TIME(6)', "'-838:59:59.999999'"],
  ['CHAR(10)', "'ab  '"],
  ['VARCHAR(50)', "'trailing  '"],
  ['TEXT', String.raw`'it''s "quoted", \\ \0\b\t\r\n\n and \r 😍'`],
  ['TEXT CHARACTER SET latin1', "'é€ÿ’'"],
  ['TEXT CHARACTER SET utf16', "'😀'"],
  ["ENUM('a','b,\"c\"')", '\'b,"c"\''],
  ["SET('a','b')", "'a,b'"],
  ['JSON', `'{"a": 1.0, "b": [null, "é"]}'`],
  ...(flavor === 'mariadb'
    ? ([
        ['UUID', "'123e4567-e89b-12d3-a456-426655440000'"],
        ['INET6', "'::1'"],
      ] as const)
    : []),
  ['BIT(12)', "b'101'"],
  ['BINARY(5)', "'ab'"],
  ['VARBINARY(10)', "X'00ff80'"],
  ['BLOB', "X'0d0a2c22'"],
  ['POINT', 'POINT(1, 2)'],
] as const;

const BYTES = /^(BIT|BINARY|VARBINARY|BLOB|POINT)/;

describe('every type of column', () => {
  let pipeline: TestPipeline;
  const columns = TYPES.map((_, index) => `c${index}`);

  beforeAll(async () => {
    pipeline = await testPipeline(1);
    await pipeline.sql(
      'ALTER DATABASE CHARACTER SET utf8mb4',
      "SET sql_mode = '', time_zone = '+00:00'",
      ...SMALL_TABLES,
      'DROP TABLE pinterest_data',
      `CREATE TABLE pinterest_data (\`index\` INT PRIMARY KEY, ${TYPES.map(([type], at) => `c${at} ${type}`).join(', ')})`,
      `INSERT INTO pinterest_data VALUES (1, ${TYPES.map(([, value]) => value).join(', ')})`,
      `INSERT INTO pinterest_data (\`index\`) VALUES (2)`,
      "INSERT INTO geolocation_data VALUES (1, ''), (2, NULL), (3, 'NULL'), (4, ' ')",
    );
  });

  test('is in the CSV as the database writes it, bytes as base64, NULL as nothing', async () => {
    const out = newFolder();
    expect(await save(pipeline, out, '--table', 'pinterest_data')).toMatchObject({ status: 0 });

    const values = TYPES.map(([type], at) =>
      BYTES.test(type) ? `TO_BASE64(c${at})` : `CONVERT(c${at} USING utf8mb4)`,
    );
    const expected = await select(
      pipeline.logins.owner,
      `SELECT CAST(\`index\` AS CHAR), ${values.join(', ')} FROM pinterest_data ORDER BY \`index\``,
    );
    expect(readCsv(path.join(out, 'pinterest_data.csv'))).toEqual([['index', ...columns], ...expected]);
    expect(expected[1]).toEqual(['2', ...columns.map(() => null)]);
  });

  test('is in JSON Lines as in the record of the row', async () => {
    const out = newFolder();
    await pipeline.emit();

    expect(await save(pipeline, out, '--format', 'jsonl')).toMatchObject({ status: 0 });

    for (const [stream, table] of [
      ['pin', 'pinterest_data'],
      ['geo', 'geolocation_data'],
    ] as const) {
      const records = (await pipeline.records(stream)).map(({ value }) => `${value}\n`);
      expect(readFileSync(path.join(out, `${table}.jsonl`), 'utf8')).toBe(records.join(''));
    }
    expect(readFileSync(path.join(out, 'user_data.jsonl'), 'utf8')).toBe('');
  });

  test('NULL, the empty text and the word NULL stay apart, and lines end with CRLF', async () => {
    const out = newFolder();
    await save(pipeline, out, '--table', 'geolocation_data', '--table', 'user_data');

    expect(readFileSync(path.join(out, 'geolocation_data.csv'), 'utf8')).toBe(
      'ind,country\r\n1,""\r\n2,\r\n3,NULL\r\n4, \r\n',
    );
    expect(readFileSync(path.join(out, 'user_data.csv'), 'utf8')).toBe('ind,first_name\r\n');
    expect(readdirSync(out).sort()).toEqual(['geolocation_data.csv', 'user_data.csv']);
  });

  test('can be profiled', async () => {
    const result = await save(pipeline, newFolder(), '--json');

    const profiles = columnsOf(savedIn(result), 'pinterest_data');
    for (const [at, [type]] of TYPES.entries()) {
      const { nulls, distinct, min, max, examples } = profiles[`c${at}`] as SavedColumn;
      expect({ type, nulls, distinct }).toEqual({ type, nulls: 1, distinct: 1 });
      expect(examples[1]).toBeNull();
      expect(max).toBe(min);
      if (BYTES.test(type) || type === 'JSON') expect(min).toBeNull();
      else if (type.endsWith('ZEROFILL')) expect(min).toBe('42');
      else expect(min).toBe(examples[0]);
    }
  });
});

test('shows of each column its type, NULLs, different values, the smallest and the largest, and the first rows', async () => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    'ALTER DATABASE CHARACTER SET utf8mb4',
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (9, 'a'), (10, 'A'), (10, 'b'), (11, 'b'), (NULL, NULL)",
    `INSERT INTO pinterest_data VALUES (1, REPEAT('é', 300))`,
  );

  const tables = savedIn(await save(pipeline, newFolder(), '--json'));

  expect(tables.map(({ table, rows, tableRows }) => [table, rows, tableRows])).toEqual([
    ['pinterest_data', 1, 1],
    ['geolocation_data', 0, 0],
    ['user_data', 5, 5],
  ]);
  expect(columnsOf(tables, 'user_data')).toMatchObject({
    ind: { type: bigint, nulls: 1, distinct: 3, min: '9', max: '11', examples: ['9', '10'] },
    // "a" and "A" are different values, and which of them is the smaller one is left to the column.
    first_name: { type: 'text', nulls: 1, distinct: 3, max: 'b', examples: ['a', 'A'] },
  });
  expect(columnsOf(tables, 'geolocation_data')).toMatchObject({
    ind: { nulls: 0, distinct: 0, min: null, max: null, examples: [] },
  });
  const cut = 'é'.repeat(200);
  expect(columnsOf(tables, 'pinterest_data')['title']).toMatchObject({ min: cut, max: cut, examples: [cut] });

  const { stdout } = await save(pipeline, newFolder(), '--table', 'user_data');
  expect(stdout).toContain(`\nind         ${bigint}      1         3  9    11   9      10\n`);
  expect(await save(pipeline, newFolder(), '--no-profile', '--json')).toMatchObject({
    stdout: expect.not.stringContaining('distinct'),
  });
});

test('with a limit, saves the rows with the smallest keys', async () => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (5, 'e'), (3, 'c'), (4, 'd')",
    "INSERT INTO pinterest_data VALUES (1, 'only')",
  );
  const out = newFolder();

  const result = await save(pipeline, out, '--limit', '2', '--json');

  expect(result.status).toBe(0);
  expect(savedIn(result).map(({ rows, tableRows }) => [rows, tableRows])).toEqual([
    [1, 1],
    [0, 0],
    [2, 3],
  ]);
  expect(readFileSync(path.join(out, 'user_data.csv'), 'utf8')).toBe('ind,first_name\r\n3,c\r\n4,d\r\n');
});

test('a row that no record would hold is in the files', async () => {
  const pipeline = await testPipeline(1);
  const out = newFolder();
  await pipeline.sql(
    ...SMALL_TABLES,
    'ALTER TABLE pinterest_data MODIFY title LONGTEXT',
    "INSERT INTO pinterest_data VALUES (1, REPEAT('x', 1000000))",
  );
  expect(await save(pipeline, out, '--format', 'jsonl')).toMatchObject({ status: 0 });
  expect(readFileSync(path.join(out, 'pinterest_data.jsonl'), 'utf8')).toHaveLength(1_000_023);
});

// MySQL checks its JSON in every session.
(flavor === 'mariadb' ? test : test.skip)('a row that has no JSON is refused in a file of JSON', async () => {
  const pipeline = await testPipeline(1);
  const out = newFolder();
  await pipeline.sql(
    ...SMALL_TABLES,
    'ALTER TABLE user_data ADD COLUMN document JSON',
    'SET check_constraint_checks = OFF',
    "INSERT INTO user_data VALUES (1, 'a', 'not json')",
  );
  expect(await save(pipeline, out, '--format', 'jsonl')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'Table user_data cannot be written as jsonl: one of the rows after the first 0 cannot: column document holds text that is not JSON.',
    ),
  });
  expect(await save(pipeline, out, '--format', 'csv')).toMatchObject({ status: 0 });
});

test('says that a file has not as many rows as the table', async () => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (1, 'a')",
    'RENAME TABLE user_data TO people',
    // As a table without snapshots may be: empty while it is counted.
    `CREATE SQL SECURITY INVOKER VIEW user_data AS SELECT * FROM people
     WHERE NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT COUNT%')`,
  );
  const out = newFolder();

  const { status, stderr } = await save(pipeline, out, '--no-profile');

  expect(status).toBe(1);
  expect(stderr).toContain(`${out}/user_data.csv has 1 rows, and user_data had 0: only tables of InnoDB`);
});

test('says which table is missing, and which file cannot be written', async () => {
  const pipeline = await testPipeline(1);
  const out = newFolder();
  await pipeline.sql(SMALL_TABLES[0]);
  expect(await save(pipeline, out)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('geolocation_data'),
  });
  expect(readdirSync(out)).toEqual([]);

  const file = path.join(out, 'file');
  writeFileSync(file, '');
  expect(await save(pipeline, file)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`${file}/pinterest_data.csv cannot be written`),
  });
});

describe('of large tables', () => {
  const ROWS = 300_000;
  let pipeline: TestPipeline;

  beforeAll(async () => {
    pipeline = await testPipeline(1);
    await pipeline.sql(
      ...SMALL_TABLES,
      `INSERT INTO pinterest_data SELECT seq, REPEAT(CHAR(65 + seq % 26), 1500) FROM ${sequence(1, ROWS)}`,
      "INSERT INTO user_data VALUES (1, 'a')",
    );
  });

  /** The same command in a process of its own. */
  function saveInChild(out: string, heapMiB: number): ChildProcess {
    return spawn(
      process.execPath,
      [
        `--max-old-space-size=${heapMiB}`,
        ...['--import', 'tsx', path.join(PROJECT, 'scripts/save-tables.ts'), '--no-profile'],
        ...['--creds', pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string, '--out', out],
      ],
      { cwd: PROJECT, stdio: 'ignore' },
    );
  }

  /** A folder with an earlier copy, in which a new one has begun. */
  async function begun(out: string): Promise<void> {
    while (!readdirSync(out).some((name) => name.endsWith('.pinterest_data.csv'))) await delay(10);
  }

  function withEarlierCopy(): string {
    const out = newFolder();
    for (const table of ['pinterest_data', 'user_data'])
      writeFileSync(path.join(out, `${table}.csv`), 'earlier');
    return out;
  }

  function expectEarlierCopy(out: string): void {
    expect(readdirSync(out).sort()).toEqual(['pinterest_data.csv', 'user_data.csv']);
    for (const name of readdirSync(out)) expect(readFileSync(path.join(out, name), 'utf8')).toBe('earlier');
  }

  test('takes less memory than a table of 450 MB would', async () => {
    const out = newFolder();
    const child = saveInChild(out, 128);
    let peakKiB = 0;
    const watch = setInterval(() => {
      if (child.exitCode !== null) return;
      const rss = execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' });
      peakKiB = Math.max(peakKiB, Number(rss));
    }, 100);
    const [status] = await once(child, 'exit');
    clearInterval(watch);

    expect(status).toBe(0);
    expect(peakKiB * 1024).toBeLessThan(400e6);
    expect(readFileSync(path.join(out, 'pinterest_data.csv')).byteLength).toBeGreaterThan(450e6);
  });

  test('a connection that is killed leaves the earlier copy and nothing else', async () => {
    const out = withEarlierCopy();
    const running = save(pipeline, out, '--no-profile');
    await begun(out);
    await killQuery('SELECT * FROM `pinterest_data`');

    expect(await running).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/✗ Copying pinterest_data[\s\S]*The database \S+ is out of reach/),
    });
    expectEarlierCopy(out);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves the earlier copy and nothing else', async (signal) => {
    const out = withEarlierCopy();
    const child = saveInChild(out, 256);
    await begun(out);
    child.kill(signal);

    expect(await once(child, 'exit')).toEqual([null, signal]);
    expectEarlierCopy(out);
  });

  test('rows that are inserted meanwhile are in no file, and nobody waits', async () => {
    const running = save(pipeline, newFolder(), '--json');
    await queryRuns('SELECT * FROM `pinterest_data`');
    await pipeline.sql(
      "INSERT INTO pinterest_data VALUES (-1, 'late')",
      "INSERT INTO user_data VALUES (2, 'late')",
      "UPDATE user_data SET first_name = 'changed'",
    );
    const result = await running;

    expect(result.status).toBe(0);
    expect(savedIn(result).map(({ rows, tableRows }) => [rows, tableRows])).toEqual([
      [ROWS, ROWS],
      [0, 0],
      [1, 1],
    ]);
    expect(columnsOf(savedIn(result), 'user_data')['first_name']).toMatchObject({ distinct: 1, max: 'a' });
  });

  async function idOf(statement: string): Promise<string | undefined> {
    const processes = await select(
      testServers().admin,
      `SELECT CAST(ID AS CHAR) FROM information_schema.PROCESSLIST WHERE USER = '${pipeline.logins.emitter.user}' AND INFO LIKE '${statement}%'`,
    );
    return processes[0]?.[0] ?? undefined;
  }

  async function queryRuns(statement: string): Promise<string> {
    for (;;) {
      const id = await idOf(statement);
      if (id !== undefined) return id;
      await delay(10);
    }
  }

  async function killQuery(statement: string): Promise<void> {
    await select(testServers().admin, `KILL ${await queryRuns(statement)}`);
  }
});

describe('of a deployed pipeline', () => {
  const secrets = mockClient(SecretsManagerClient);
  let pipeline: TestPipeline;

  beforeAll(async () => {
    pipeline = await testPipeline(1);
    await pipeline.sql(...SMALL_TABLES);
    deployedStacks({ 'Pinterest-ada-RdsAccess': { SecretArn: 'arn:secret' } });
  });

  function putLogin(change: Partial<DatabaseLogin> = {}): void {
    const { host, port, user, password, database } = { ...pipeline.logins.emitter, ...change };
    const fields = { host, port, username: user, password, dbname: database };
    secrets.on(GetSecretValueCommand, { SecretId: 'arn:secret' }).resolves({
      SecretString: JSON.stringify(fields),
    });
  }

  async function saveDeployed(out: string, ...argv: readonly string[]): Promise<CommandResult> {
    const result = await runCommand(saveTables, '--user-id', 'ada', '--out', out, ...argv);
    expect(result.stdout + result.stderr).not.toContain(pipeline.logins.emitter.password);
    return result;
  }

  test('on the emulator, takes the login of the secret and goes there directly', async () => {
    const out = newFolder();
    const withdraw = await announceEmulator(newFolder(), []);
    putLogin();

    expect(await saveDeployed(out)).toMatchObject({ status: 0 });

    expect(readdirSync(out)).toHaveLength(3);
    await withdraw();
  });

  test('on AWS, goes through the tunnel, asks for TLS there, and closes it', async () => {
    const proxy = await ServerProxy.to(pipeline.logins.emitter.port);
    const close = jest.fn(async () => {});
    jest.mocked(openTunnel).mockResolvedValue({ port: proxy.port, ended: new Promise(() => {}), close });
    putLogin({ host: 'database.invalid', port: 3306 });

    expect(await saveDeployed(newFolder(), '--aws')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/The database database\.invalid:3306\S+ cannot be trusted/),
    });

    expect(jest.mocked(openTunnel).mock.calls[0]?.[1]).toMatchObject({
      host: 'database.invalid',
      port: 3306,
    });
    expect(proxy.connections).toBe(1);
    expect(close).toHaveBeenCalledTimes(1);
  });

  test('of somebody else, goes over the internet and asks for TLS', async () => {
    const { host, port, database } = pipeline.logins.emitter;
    const config = { mode: 'existing', host, port, name: database, reach: { via: 'internet' } };
    putLogin();

    expect(
      await saveDeployed(newFolder(), '--aws', '-c', `pipeline.database=${JSON.stringify(config)}`),
    ).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be trusted') });
  });
});
