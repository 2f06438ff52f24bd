import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { LOCAL_DIRECTORY } from '../../../scripts/machine/paths';
import type { Progress } from '../../../scripts/terminal/progress';

const run = promisify(execFile);

/** MySQL's server program: what is started, and what comes before its own arguments. */
export interface MysqlProgram {
  readonly command: string;
  readonly args: readonly string[];
}

/** There is no MySQL here, and none can be had; the message says why. */
export class NoMysqlError extends Error {
  override readonly name = 'NoMysqlError';
}

/**
 * MySQL's server: the `mysqld` on the PATH, or where there is none, Debian's packages, downloaded from the suite that has
 * them into this repository's folder for local servers and run with their own loader, so that nothing is installed.
 *
 * @throws NoMysqlError where neither can be had.
 */
export async function mysqlProgram(progress: Progress): Promise<MysqlProgram> {
  if (await isMysql('mysqld')) return { command: 'mysqld', args: ['--no-defaults'] };
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(KEYRING))
    throw new NoMysqlError(
      'There is no mysqld on the PATH, and it can be downloaded on Debian for x64 only: install MySQL 8.4 or later.',
    );
  const root = path.join(LOCAL_DIRECTORY, 'mysql', 'root');
  if (!existsSync(root)) {
    const step = progress.step('Downloading MySQL from Debian (some 30 MB)');
    try {
      await download(root);
      step.done();
    } catch (error) {
      step.failed();
      throw new NoMysqlError(`MySQL cannot be downloaded from Debian: ${(error as Error).message}`);
    }
  }
  const libraries = path.join(root, 'usr/lib/x86_64-linux-gnu');
  return {
    command: path.join(libraries, 'ld-linux-x86-64.so.2'),
    args: [
      '--library-path',
      `${libraries}:${path.join(root, 'usr/lib/mysql/private')}`,
      path.join(root, 'usr/sbin/mysqld'),
      '--no-defaults',
      `--lc-messages-dir=${path.join(root, 'usr/share/mysql')}`,
      `--character-sets-dir=${path.join(root, 'usr/share/mysql/charsets')}`,
      `--plugin-dir=${path.join(root, 'usr/lib/mysql/plugin')}`,
    ],
  };
}

/** Debian's keys, with which its packages are checked. */
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The suite of Debian that has MySQL; its stable ones have MariaDB only. */
const SUITE = 'sid';

async function isMysql(command: string): Promise<boolean> {
  try {
    const { stdout } = await run(command, ['--version']);
    return !/mariadb/i.test(stdout);
  } catch {
    return false;
  }
}

/** Downloads with lists and a state of its own, so that the machine's packages are not touched; `root` gets its name only when complete. */
async function download(root: string): Promise<void> {
  const directory = path.join(path.dirname(root), 'download');
  rmSync(directory, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'packages', 'root'])
    mkdirSync(path.join(directory, folder), { recursive: true });
  const inside = (...names: string[]): string => path.join(directory, ...names);
  writeFileSync(inside('status'), '');
  writeFileSync(inside('sources.list'), `deb [signed-by=${KEYRING}] ${archive()} ${SUITE} main\n`);
  const options = Object.entries({
    'Dir::Etc::sourcelist': inside('sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::Lists': inside('lists'),
    'Dir::State::status': inside('status'),
    'Dir::Cache': inside('cache'),
    'APT::Sandbox::User': 'root',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, '-qq', 'update']);
  const without = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances', 'pre-depends'];
  const { stdout } = await run('apt-cache', [
    ...options,
    'depends',
    '--recurse',
    ...without.map((kind) => `--no-${kind}`),
    'mysql-server-core',
  ]);
  // Its helpers are scripts in Perl, which nobody calls here.
  const packages = new Set(
    stdout.split('\n').filter((line) => /^\w/.test(line) && !/^(lib)?perl/.test(line)),
  );
  await run('apt-get', [...options, '-qq', 'download', ...packages], { cwd: inside('packages') });
  for (const file of readdirSync(inside('packages')))
    await run('dpkg', ['-x', inside('packages', file), inside('root')]);
  renameSync(inside('root'), root);
  rmSync(directory, { recursive: true });
}

/** Where this machine gets Debian's packages from. */
function archive(): string {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...readdirSync(folder).map((name) => path.join(folder, name))];
  for (const file of files.filter((name) => existsSync(name))) {
    const [, uri] = /^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+)/m.exec(readFileSync(file, 'utf8')) ?? [];
    if (uri !== undefined) return uri;
  }
  throw new Error('no source of packages is configured');
}
