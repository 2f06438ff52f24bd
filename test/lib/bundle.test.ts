import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SERVICE_NAME } from '../../lambda/shared/metric-names';
import { bundledFolders } from '../../scripts/aws/bundled-packages';
import { type Synthesized, synthesize } from './synthesize';

/** Most bytes of all files of the emitter: what it has, and 3 % more. */
const BUDGET = 2_300_000;

/** Packages of which the emitter carries two versions: the signer of MSK's tokens pins an older one, of 13 kB. */
const TWICE = ['@smithy/signature-v4', '@smithy/types'];

/** Bundling takes seconds, and more beside other tests. */
const TIMEOUT_MS = 60_000;

let directory: string;

beforeAll(() => {
  const pipeline = synthesize({ userId: 'ada' }, { bundle: true });
  directory = path.join(pipeline.directory, `asset.${assetOf(pipeline)}`);
}, TIMEOUT_MS);

/** The hash of the emitter's code. */
function assetOf({ templates }: Synthesized): string {
  const emitter = Object.values(templates.Emitter.Resources).find(
    ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === SERVICE_NAME,
  );
  return path.parse(emitter?.Properties.Code.S3Key).name;
}

test(
  'the emitter is no larger than its work needs',
  async () => {
    const files = readdirSync(directory).map((name) => statSync(path.join(directory, name)).size);
    const bytes = files.reduce((sum, size) => sum + size, 0);
    if (bytes <= BUDGET) return;

    const largest = (await bundledFolders('lambda/emitter/handler.ts')).slice(0, 10);
    const lines = largest.map(
      ({ folder, bytes: size }) => `${size.toLocaleString('en').padStart(9)} ${folder}`,
    );
    throw new Error(
      `The emitter has ${bytes.toLocaleString('en')} bytes, of which its budget allows ${BUDGET.toLocaleString('en')}. The largest:\n${lines.join('\n')}`,
    );
  },
  TIMEOUT_MS,
);

test('it brings the AWS SDK, and each package once', async () => {
  const names = (await bundledFolders('lambda/emitter/handler.ts')).map(({ folder }) =>
    folder.replace(/.*node_modules\//, ''),
  );

  expect(names).toContain('@aws-sdk/client-secrets-manager');
  expect(names.filter((name, index) => names.indexOf(name) !== index).sort()).toEqual(TWICE);
});

test('it brings no tables of texts that Node has, or that nobody reads', async () => {
  const names = (await bundledFolders('lambda/emitter/handler.ts')).map(({ folder }) => folder);

  expect(names).not.toContain('node_modules/iconv-lite');
  // Slovenian, one of the fifty languages of zod.
  expect(readFileSync(path.join(directory, 'index.js'), 'utf8').includes('Neveljaven vnos')).toBe(false);
});

test('its stack traces name functions of the sources, on lines that can be shown', () => {
  const program = `require(process.argv[1]).handler({}, {}).catch(({ stack }) => process.stdout.write(stack))`;
  const { stdout } = spawnSync(process.execPath, ['-e', program, path.join(directory, 'index.js')], {
    encoding: 'utf8',
    env: {},
  });

  expect(stdout).toMatch(/ConfigurationError: .*\n +at parseEnvironment \(.*index\.js:\d{3,}:\d{1,3}\)/);
});
