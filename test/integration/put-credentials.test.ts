import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { type DatabaseLogin, readDatabaseLogin } from '../../lambda/shared/database-login';
import { writeCredentialsFile } from '../../scripts/local/database-logins';
import { putCredentials } from '../../scripts/put-credentials';
import { announceEmulator } from '../support/announced-emulator';
import { deployedStacks } from '../support/deployed-stacks';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../support/pipeline';
import { runCommand } from '../support/run-command';
import { testDirectory } from '../support/servers';

const secrets = mockClient(SecretsManagerClient);
const directory = testDirectory();
const creds = path.join(directory, 'db_creds.yaml');
let pipeline: TestPipeline;
let withdraw: () => Promise<void>;

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  pipeline = await testPipeline(1);
  const { host, port, database } = pipeline.logins.owner;
  const config = { mode: 'existing', host, port, name: database, reach: { via: 'internet' } };
  withdraw = await announceEmulator(directory, [`pipeline.database=${JSON.stringify(config)}`]);
  deployedStacks({ 'Pinterest-ada-RdsAccess': { SecretArn: 'arn:secret' } });
});

afterAll(() => withdraw());

beforeEach(async () => {
  secrets.reset();
  secrets.on(PutSecretValueCommand).resolves({ VersionId: 'version-1' });
  await pipeline.sql('DROP TABLE IF EXISTS pinterest_data, geolocation_data, user_data', ...SMALL_TABLES);
});

const stored = () =>
  secrets.commandCalls(PutSecretValueCommand).map(({ args }) => args[0].input.SecretString);

async function put(login: DatabaseLogin, ...argv: readonly string[]) {
  writeCredentialsFile(creds, login);
  const result = await runCommand(putCredentials, '--creds', creds, ...argv);
  expect(result.stdout + result.stderr).not.toContain(login.password);
  return result;
}

test('stores a login that can read the three tables, as the emitter reads it', async () => {
  const { emitter } = pipeline.logins;

  const { status, stdout, stderr } = await put(emitter, '--json');

  expect(status).toBe(0);
  expect(stderr).not.toContain('may also');
  expect(JSON.parse(stdout)).toMatchObject({
    versionId: 'version-1',
    user: emitter.user,
    checked: true,
    needless: [],
  });
  expect(stored()).toHaveLength(1);
  const read = await readDatabaseLogin({ secretArn: 'arn:secret' }, async () => stored()[0]);
  expect(read).toEqual(emitter);
});

test('says what else the login may do, and stores it', async () => {
  const { status, stderr } = await put(pipeline.logins.owner);

  expect(status).toBe(0);
  expect(stderr).toContain(
    'The database user may also ALL PRIVILEGES: SELECT on the three tables is enough.',
  );
  expect(stored()).toHaveLength(1);
});

test('stores nothing when the database refuses the login', async () => {
  expect(await put({ ...pipeline.logins.emitter, password: 'wrong-password' })).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/nothing was stored:\nThe database \S+ denies access: /),
  });
  expect(stored()).toEqual([]);
});

test.each([
  ['a table is missing', 'DROP TABLE geolocation_data', 'geolocation_data'],
  ['a key column is missing', 'ALTER TABLE pinterest_data RENAME COLUMN `index` TO id', "'index'"],
])('stores nothing when %s', async (_, statement, named) => {
  await pipeline.sql(statement);

  const { status, stderr } = await put(pipeline.logins.emitter);

  expect(status).toBe(2);
  expect(stderr).toContain(named);
  expect(stored()).toEqual([]);
});

test('asks for TLS on AWS itself, and stores nothing where the server has none that can be trusted', async () => {
  const { host, port, database } = pipeline.logins.emitter;
  const config = { mode: 'existing', host, port, name: database, reach: { via: 'internet' } };

  const { status, stderr } = await put(
    pipeline.logins.emitter,
    ...['--aws', '-c', `pipeline.database=${JSON.stringify(config)}`],
  );

  expect(status).toBe(2);
  expect(stderr).toContain('cannot be trusted');
  expect(stored()).toEqual([]);
});
