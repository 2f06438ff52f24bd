import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
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
import { setTimeout as delay } from 'node:timers/promises';
import { takeLock } from '../../../scripts/local/exclusive-lock';
import { LOCAL_DIRECTORY } from '../../../scripts/machine/paths';
import { processesIn } from '../../deploy/support/command-process';
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
  const { status, stdout, stderr } = await npm('start', '--rows', '200', '--json');

  if (status !== 0) throw new Error(stderr);
  expect(JSON.parse(stdout)).toMatchObject({
    rows: 600,
    verification: { equal: true },
  });
  expect(stderr).toContain('Emitted 600 rows');
});

test('a pipeline that goes on can be looked at from a second terminal, and Ctrl-C leaves nothing of it', async () => {
  const run = spawn('npm', ['start', '--silent', '--', '--keep', '--every', '1', '--rows', '200'], {
    ...{ cwd: place, env: SURROUNDINGS },
    // A process group of its own, as in a terminal.
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(run, 'exit');
  let said = '';
  run.stderr.on('data', (text) => {
    said += text;
  });
  const saysWithin = async (text: RegExp): Promise<void> => {
    while (!text.test(said)) {
      await Promise.race([once(run.stderr, 'data'), exit]);
      if (run.exitCode !== null) throw new Error(said);
    }
  };
  try {
    await saysWithin(/Emitting every 1 s until Ctrl-C/);

    const [topics, tail, offsets] = await Promise.all([
      npm('topics'),
      npm('tail', 'pin', '--max-messages', '200'),
      npm('offsets', '--json'),
    ]);
    expect(topics.stdout).toBe('local.dead-letter\nlocal.geo\nlocal.pin\nlocal.user\n');
    expect(topics.stderr).toBe('On this machine, user id local.\n');
    expect(tail.stdout.match(/^\d+\t(\{.*\}|null)(\top=\w .*)?$/gm)).toHaveLength(200);
    expect(offsets.stdout).toContain('"group":"local.emitter","topic":"local.pin"');

    expect(await npm('start', '--add', '5')).toMatchObject({ status: 0 });
    await saysWithin(
      /^20\S+Z {2}15 rows in \d+\.\d s: [\d,]+ rows\/s; began \d+ s and [\d,]+ bytes behind the log$/m,
    );
  } finally {
    process.kill(-(run.pid as number), 'SIGINT');
    await exit;
  }
  while (processesIn(path.basename(path.dirname(place))).length > 0) await delay(50);
  takeLock(path.join(place, '.local', 'pipeline', 'lock')).release();

  expect(await npm('topics')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'No pipeline runs on this machine: start one with "npm start -- --keep" or "npm run deploy:local". On AWS: ',
    ),
  });
});

/** Runs a command of package.json to its end. */
const npm = (
  command: string,
  ...args: readonly string[]
): Promise<{ status: unknown; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const all = ['run', '--silent', command, '--', ...args];
    execFile('npm', all, { cwd: place, env: SURROUNDINGS }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });
