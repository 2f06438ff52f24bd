import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { stringify } from 'yaml';
import { putCredentials } from '../../scripts/put-credentials';
import { awsAnswer } from '../support/aws-answer';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'put-credentials-'));
const creds = path.join(directory, 'db_creds.yaml');
const secrets = mockClient(SecretsManagerClient);

const PASSWORD = 's3cret-word';
const LOGIN = { HOST: '127.0.0.1', PORT: 1, USER: 'reader', PASSWORD, DATABASE: 'posts' };
const EXISTING = {
  mode: 'existing',
  host: '127.0.0.1',
  port: 1,
  name: 'posts',
  reach: { via: 'internet' },
};

beforeEach(() => {
  secrets.reset();
  secrets.on(PutSecretValueCommand).resolves({ VersionId: 'version-1' });
  deployedStacks({ 'Pinterest-ada-RdsAccess': { SecretArn: 'arn:secret' } });
  write(LOGIN);
});

afterAll(() => rmSync(directory, { recursive: true }));

const write = (login: object): void => writeFileSync(creds, stringify(login));

const put = async (...argv: readonly string[]) => {
  const result = await runCommand(
    putCredentials,
    ...['--aws', '--user-id', 'ada', '--creds', creds],
    ...['-c', `pipeline.database=${JSON.stringify(EXISTING)}`],
    ...argv,
  );
  expect(result.stdout + result.stderr).not.toContain(PASSWORD);
  return result;
};

const stored = () => secrets.commandCalls(PutSecretValueCommand).map(({ args }) => args[0].input);

test('stores the fields that a secret of RDS has, and says when the emitter takes them', async () => {
  const { status, stdout } = await put('--no-check');

  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^The credentials of reader at 127\.0\.0\.1:1\/posts are version version-1 of arn:secret\.\n/,
  );
  expect(stdout).toContain('The emitter reads it at a cold start, after a failed run');
  expect(stored()).toEqual([{ SecretId: 'arn:secret', SecretString: expect.any(String) }]);
  expect(JSON.parse(stored()[0]?.SecretString ?? '')).toEqual({
    engine: 'mariadb',
    host: '127.0.0.1',
    port: 1,
    dbname: 'posts',
    username: 'reader',
    password: PASSWORD,
  });
});

test('takes the fields in lower case, and a port that is text', async () => {
  write({ host: '127.0.0.1', port: '1', user: 'reader', password: PASSWORD, database: 'posts' });

  const { stdout } = await put('--no-check', '--json');

  expect(JSON.parse(stdout)).toEqual({
    secretArn: 'arn:secret',
    versionId: 'version-1',
    host: '127.0.0.1',
    port: 1,
    database: 'posts',
    user: 'reader',
    checked: false,
    needless: [],
  });
  expect(JSON.parse(stored()[0]?.SecretString ?? '')).toMatchObject({ port: 1 });
});

test.each([
  [
    { HOST: 'other.example.com' },
    'HOST is "other.example.com": allowed: "127.0.0.1", as in pipeline.database.host',
  ],
  [{ PORT: 3306 }, 'PORT is 3306: allowed: 1, as in pipeline.database.port'],
  [{ DATABASE: 'Posts' }, 'DATABASE is "Posts": allowed: "posts", as in pipeline.database.name'],
  [{ PASSWORD: '' }, 'PASSWORD is empty: allowed: non-empty text'],
  [{ PASSWORD: undefined }, 'password is missing: allowed: text'],
  [{ PASSWORD: [PASSWORD] }, 'password is not shown: allowed: text'],
  [{ USER: '' }, 'user is "": allowed: non-empty text'],
  [{ PORT: 70_000 }, 'port is 70000: allowed: 1 to 65535'],
])('refuses a login with %j', async (change, message) => {
  write({ ...LOGIN, ...change });

  expect(await put('--no-check')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(`The credentials file ${creds} is wrong. ${message}`),
  });
  expect(stored()).toEqual([]);
});

test('refuses a file that is no YAML, or is not there', async () => {
  writeFileSync(creds, `PASSWORD: !${PASSWORD}\n`);
  expect(await put()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Line 1: put the value of PASSWORD in quotes'),
  });

  expect(await put('--creds', path.join(directory, 'none.yaml'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('none.yaml cannot be read: ENOENT'),
  });
});

test('refuses a pipeline that has made the login itself', async () => {
  expect(await put('-c', 'pipeline.database={"mode":"provisioned"}')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'pipeline.database.mode is "provisioned": allowed for this command: "existing"',
    ),
  });
  expect(stored()).toEqual([]);
});

test('stores nothing when the database is out of reach, and says how to do without it', async () => {
  const { status, stderr } = await put();

  expect(status).toBe(2);
  expect(stderr).toContain(
    'The credentials were tried, and nothing was stored:\nThe database 127.0.0.1:1/posts is out of',
  );
  expect(stderr).toContain('use --no-check');
  expect(stored()).toEqual([]);
});

test('says what is not deployed, and what AWS does not allow', async () => {
  secrets.on(PutSecretValueCommand).rejects(awsAnswer('AccessDeniedException'));
  expect(await put('--no-check')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('may not secretsmanager:PutSecretValue'),
  });

  deployedStacks({});
  expect(await put('--no-check')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('The stack Pinterest-ada-RdsAccess is not deployed'),
  });
});

test('says what it does, with an example', async () => {
  expect(await put('--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Example: npm run put-credentials -- '),
  });
});
