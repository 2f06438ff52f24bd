import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { LOCAL_DIRECTORY } from '../../../scripts/machine/paths';
import { testDirectory } from '../../support/servers';

const PROJECT = path.resolve(__dirname, '../../..');

/** A folder whose name has what shells, URLs, lists of paths and files of settings take for something else. */
const place = path.join(testDirectory(), `a b, é 三;#%20'"$x &[!]`);

/** A place where nothing is as it is on a developer's machine. */
const SURROUNDINGS = {
  PATH: process.env['PATH'],
  LC_ALL: 'C',
  TZ: 'Mars/Olympus',
  TERM: 'dumb',
  CI: 'true',
  // Cannot be created, either.
  HOME: '/dev/null/home',
  // Settings of the user's own for other programs of these kinds.
  JAVA_TOOL_OPTIONS: '-Dsome.option=true',
  _JAVA_OPTIONS: '-Xmx8m',
  CLASSPATH: '/nowhere',
  MYSQL_HOME: '/nowhere',
  MYSQL_UNIX_PORT: '/nowhere/mysql.sock',
  UMASK: '0000',
  HTTP_PROXY: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
  AWS_REGION: '',
  AWS_PROFILE: 'nobody',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_LAMBDA_LOG_LEVEL: 'ERROR',
  USER_ID: 'other',
  DATABASE_SECRET_ARN: 'other',
  DATABASE_TLS: 'rds',
  EMIT_LIMIT: '1',
  COMPRESSION: 'lz4',
  npm_config_update_notifier: 'false',
} as const;

/** Copies the working tree as it is, and links what is installed and downloaded. */
function checkOutTo(folder: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  for (const file of files
    .split('\0')
    .filter((name) => name !== '' && existsSync(path.join(PROJECT, name)))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(path.join(PROJECT, file), path.join(folder, file));
  }
  linkTree(path.join(PROJECT, 'node_modules'), path.join(folder, 'node_modules'));
  linkTree(path.join(LOCAL_DIRECTORY, 'servers'), path.join(folder, '.local', 'servers'));
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(realpathSync(from), { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) cpSync(source, target, { verbatimSymlinks: true });
    else linkSync(source, target);
  }
}

beforeAll(() => checkOutTo(place));
afterAll(() => rmSync(place, { recursive: true, force: true }));

test('the quick start works wherever it is, and whatever the user has set', async () => {
  const outcome = await new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    const args = ['start', '--silent', '--', '--rows', '200', '--json'];
    execFile('npm', args, { cwd: place, env: SURROUNDINGS }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });

  if (outcome.status !== 0) throw new Error(outcome.stderr);
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    rows: 600,
    verification: { equal: true },
  });
  expect(outcome.stderr).toContain('Emitted 600 rows');
});
