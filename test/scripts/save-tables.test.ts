import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { saveTables } from '../../scripts/save-tables';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'save-tables-'));
const creds = path.join(directory, 'db_creds.yaml');

beforeAll(() => writeFileSync(creds, 'HOST: 127.0.0.1\nPORT: 1\nUSER: u\nPASSWORD: s3cret\nDATABASE: d\n'));

afterAll(() => rmSync(directory, { recursive: true }));

const save = (...argv: readonly string[]) =>
  runCommand(saveTables, '--out', path.join(directory, 'out'), ...argv);

test.each([
  [['--format', 'xml'], "argument 'xml' is invalid. Allowed choices are csv, jsonl."],
  [['--table', 'posts'], "argument 'posts' is invalid. Allowed choices are pinterest_data"],
  [['--limit', '0'], "argument '0' is invalid. allowed: a whole number from 1 on."],
  [['--limit', '1.5'], "argument '1.5' is invalid."],
  [
    ['--tls', 'on', '--creds', creds],
    "argument 'on' is invalid. that file cannot be read (ENOENT); allowed: off, rds, or a file",
  ],
  [['--rows', '1'], "unknown option '--rows'"],
  [['--tls', 'rds'], '--tls goes with --creds'],
  [['--creds', creds, '--user-id', 'ada'], '--creds names the database: leave out --user-id'],
  [['--creds', creds, '--aws'], '--creds names the database: leave out --user-id'],
  [['--creds', path.join(directory, 'none.yaml')], 'none.yaml cannot be read: ENOENT'],
  [['--creds', creds], 'The database 127.0.0.1:1/d is out of reach'],
])('refuses %j', async (argv, message) => {
  const { status, stdout, stderr } = await save(...argv);

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('s3cret');
  expect(existsSync(path.join(directory, 'out'))).toBe(false);
});

test('says what it does, with an example', async () => {
  expect(await save('--help')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Example: npm run save-tables -- '),
  });
});

test('refuses a folder that git would track, before anything else, and makes none', async () => {
  const repository = path.join(directory, 'repository');
  mkdirSync(repository);
  execFileSync('git', ['init', '--quiet', repository]);
  const out = path.join(repository, 'deep/tables');

  expect(await save('--creds', creds, '--out', out)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`${out}/pinterest_data.csv would be tracked by git`),
  });
  expect(readdirSync(repository)).toEqual(['.git']);

  writeFileSync(path.join(repository, '.gitignore'), 'tables/\n');
  expect(await save('--creds', creds, '--out', out)).toMatchObject({
    stderr: expect.stringContaining('out of reach'),
  });
});

test('asks git also about a repository of somebody else, and not of the one whose hook this runs in', async () => {
  const repository = path.join(directory, 'foreign');
  execFileSync('git', ['init', '--quiet', repository]);
  // Only root can give a folder away; others try the rest.
  if (process.getuid?.() === 0) chownSync(repository, 65_534, 65_534);
  process.env['GIT_DIR'] = '/nowhere';
  try {
    expect(await save('--creds', creds, '--out', path.join(repository, 'tables'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('tables/pinterest_data.csv would be tracked by git'),
    });
  } finally {
    delete process.env['GIT_DIR'];
  }
});

test('refuses a file that git tracks although it ignores the folder', async () => {
  const repository = path.join(directory, 'tracked');
  mkdirSync(path.join(repository, 'tables'), { recursive: true });
  execFileSync('git', ['init', '--quiet', repository]);
  writeFileSync(path.join(repository, '.gitignore'), 'tables/\n');
  writeFileSync(path.join(repository, 'tables/user_data.csv'), '');
  execFileSync('git', ['add', '--force', 'tables/user_data.csv'], { cwd: repository });

  expect(await save('--creds', creds, '--out', path.join(repository, 'tables'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('tables/user_data.csv would be tracked by git'),
  });
});

test('says what is not deployed', async () => {
  deployedStacks({});

  expect(await save('--aws', '--user-id', 'ada')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('The stack Pinterest-ada-RdsAccess is not deployed'),
  });
});

test('says that a database in a VPC of its own is reached from there only', async () => {
  const reach = {
    via: 'vpc',
    vpcId: 'vpc-0a1b2c3d',
    cidr: '10.99.0.0/16',
    routeTableIds: ['rtb-0a1b2c3d'],
    securityGroupId: 'sg-0a1b2c3d',
  };
  const database = { mode: 'existing', host: 'db.example.com', name: 'posts', reach };

  expect(await save('--aws', '-c', `pipeline.database=${JSON.stringify(database)}`)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'pipeline.database.reach.via is "vpc": only the functions of the pipeline',
    ),
  });
});
