import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { topicsOf } from '../../../lambda/shared/streams';
import { writeCredentialsFile } from '../../../scripts/local/database-logins';
import { LOCAL_DIRECTORY } from '../../../scripts/machine/paths';
import { SMALL_TABLES } from '../../support/pipeline';
import { testDatabase, testDirectory, testServers, uniqueName, withAdmin } from '../../support/servers';

/** Runs `npm start -- …` as a user's shell does, and gives what it wrote and its exit status. */
const start = (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const script = path.join(__dirname, '../../../scripts/start.ts');
    execFile(process.execPath, ['--import', 'tsx', script, ...args], (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

describe('npm start with servers that are there already', () => {
  const userId = uniqueName();
  const brokers = () => testServers().bootstrapServers.join(',');
  let creds: string;
  let password: string;
  let owner: DatabaseLogin;

  beforeAll(async () => {
    const logins = await testDatabase();
    owner = logins.owner;
    const { emitter } = logins;
    const connection = await createConnection({ ...owner });
    for (const statement of SMALL_TABLES) await connection.query(statement);
    await connection.query("INSERT INTO user_data VALUES (1, 'Ada'), (2, 'Grace')");
    await connection.end();
    const directory = testDirectory();
    mkdirSync(directory, { recursive: true });
    creds = path.join(directory, 'db_creds.yaml');
    writeCredentialsFile(creds, emitter);
    password = emitter.password;
  });

  afterAll(() => withAdmin((admin) => admin.deleteTopics({ topics: topicsOf(userId) })));

  test('says which topics are missing, and shows no password', async () => {
    const { status, stdout, stderr } = await start(
      '--creds',
      creds,
      '--brokers',
      brokers(),
      '--user-id',
      userId,
    );

    expect(status).toBe(2);
    expect(stderr).toContain(`Missing topics: ${topicsOf(userId).join(', ')}`);
    expect(stdout + stderr).not.toContain(password);
  });

  test('creates them when told to, copies and verifies', async () => {
    const { status, stdout } = await start(
      ...['--creds', creds, '--brokers', brokers(), '--user-id', userId, '--create-topics', '--json'],
    );

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 2, verification: { equal: true } });
  });

  test('runs two shards beside each other, which share what there is and come to an end', async () => {
    const connection = await createConnection({ ...owner });
    await connection.query("INSERT INTO user_data SELECT seq, 'Edith' FROM seq_10_to_40000");
    await connection.end();

    const { status, stdout } = await start(
      ...['--creds', creds, '--brokers', brokers(), '--user-id', userId, '--shards', '2', '--json'],
    );

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 39_991, verification: { equal: true } });
    const log = readFileSync(path.join(LOCAL_DIRECTORY, 'own-servers', 'emitter.log'), 'utf8');
    const ofShard = log
      .split('\n')
      .filter((line) => line.includes('"Run ended"'))
      .map((line) => JSON.parse(line).summary)
      .filter(({ userId: id, shard }) => id === userId && shard === 1);
    expect(ofShard.reduce((rows, { emitted }) => rows + emitted.user, 0)).toBeGreaterThan(10_000);
  });
});

describe('npm start refuses', () => {
  test.each([
    [['--shards', '9'], "--shards <n>' argument '9' is invalid. allowed: 1 to 8"],
    [['--rows', '0'], "--rows <n>' argument '0' is invalid. allowed: a whole number from 1 on"],
    [['--rows', 'many'], "argument 'many' is invalid"],
    [['--user-id', 'a.b'], "argument 'a.b' is invalid. allowed: 1 to 32 letters"],
    [['--creds', 'db_creds.yaml'], '--creds, --brokers and --user-id go together'],
    [['--create-topics'], '--create-topics is for your own Kafka'],
    [['--tls', 'rds'], '--tls is for your own database'],
    [['--kafka-authentication', 'iam'], '--kafka-authentication is for your own Kafka'],
    [['--kafka-authentication', 'ssl'], 'Allowed choices are iam, none.'],
    [['--creds', 'a', '--brokers', 'b:1', '--user-id', 'c', '--keep'], 'leave them out with --creds'],
    [
      ['--creds', 'no.yaml', '--brokers', 'b:1', '--user-id', 'c'],
      'The credentials file no.yaml cannot be read: ENOENT',
    ],
    [['--colour'], "unknown option '--colour'"],
  ])('%p', async (args, message) => {
    const { status, stdout, stderr } = await start(...args);

    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});
