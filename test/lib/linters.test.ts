import { globSync } from 'node:fs';
import { join } from 'node:path';
import { STACKS } from '../../lib/names';
import { INSTALL_MS, linterPrograms, outputOf, packageData } from './linter-programs';
import { CONFIGURATIONS, synthesize } from './synthesize';

const PROJECT = join(__dirname, '../..');

const BOOT_SCRIPT = join(PROJECT, 'lib/constructs/kafka-client/boot.sh');

let programs: string;

/**
 * Checks of cfn-lint that are off: redundant dependencies, which the CDK writes, and the list of RDS versions, which has minor
 * versions only. The test below reads that list.
 */
const IGNORED_CHECKS = 'W3005,E3691';

beforeAll(async () => {
  programs = await linterPrograms();
}, INSTALL_MS);

const run = (program: string, args: readonly string[]): string => outputOf(programs, program, args);

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
  const { allOf } = packageData<{ allOf: VersionRule[] }>(
    programs,
    'cfnlint/data/schemas/extensions/aws_rds_dbinstance/engine_version.json',
  );
  const mariaDb = allOf.find(({ if: { properties } }) => properties.Engine.const === 'mariadb');

  expect(major).toMatch(/^\d+\.\d+$/);
  expect(mariaDb?.then.properties.EngineVersion.enum).toContainEqual(expect.stringContaining(`${major}.`));
});

test('shellcheck accepts the boot script', () => {
  expect(run('shellcheck', [BOOT_SCRIPT])).toBe('');
});

describe('ruff accepts the emulator and the recipes for readers', () => {
  const emulator = join(PROJECT, 'scripts/emulator');
  const folders = [emulator, join(PROJECT, 'test/readers')];
  const options = ['--isolated', '--no-cache', '--target-version=py310', '--config', `src=["${emulator}"]`];

  test('by its rules', () => {
    const rules = 'B,C4,E,F,I,PTH,RET,RUF,SIM,UP,W';
    expect(
      run('ruff', ['check', '--quiet', ...options, '--line-length=120', `--select=${rules}`, ...folders]),
    ).toBe('');
  });

  test('by its format', () => {
    expect(run('ruff', ['format', '--diff', '--quiet', ...options, '--line-length=110', ...folders])).toBe(
      '',
    );
  });
});

/** Versions of one engine, in a schema of cfn-lint. */
interface VersionRule {
  readonly if: { readonly properties: { readonly Engine: { readonly const?: string } } };
  readonly then: { readonly properties: { readonly EngineVersion: { readonly enum: readonly string[] } } };
}
