import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SERVICE_NAME } from '../../lambda/shared/metric-names';
import { STACKS } from '../../lib/names';
import { type BundledFolder, bundledFolders } from '../../scripts/bundle/bundled-packages';
import { CONFIGURATIONS, normalized, type Synthesized, synthesize } from './synthesize';

/** Maximum size of all files of the emitter, in bytes: 3 % above its current size. */
const BUDGET = 2_300_000;

/** Packages that the emitter bundles in two versions. The signer of MSK's tokens pins an older one, of 13 kB. */
const TWICE = ['@smithy/signature-v4', '@smithy/types'];

/** Timeout for bundling. It takes seconds, and longer with other tests running. */
const TIMEOUT_MS = 60_000;

let pipeline: Synthesized;
let directory: string;
let folders: readonly BundledFolder[];

beforeAll(async () => {
  pipeline = synthesize(CONFIGURATIONS.provisioned, { bundle: true });
  directory = path.join(pipeline.directory, `asset.${assetOf(pipeline)}`);
  folders = await bundledFolders('lambda/emitter/handler.ts');
}, TIMEOUT_MS);

/** The hash of the emitter's code. */
function assetOf({ templates }: Synthesized): string {
  const emitter = Object.values(templates.Emitter.Resources).find(
    ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === SERVICE_NAME,
  );
  return path.parse(emitter?.Properties.Code.S3Key).name;
}

test('a change to the code of a function does not change the templates', () => {
  const { templates } = synthesize(CONFIGURATIONS.provisioned);

  for (const id of STACKS) expect(normalized(pipeline.templates[id])).toEqual(normalized(templates[id]));
});

test('the emitter is no larger than its work needs', () => {
  const files = readdirSync(directory).map((name) => statSync(path.join(directory, name)).size);
  const bytes = files.reduce((sum, size) => sum + size, 0);
  if (bytes <= BUDGET) return;

  const lines = folders
    .slice(0, 10)
    .map(({ folder, bytes: size }) => `${size.toLocaleString('en').padStart(9)} ${folder}`);
  throw new Error(
    `The emitter has ${bytes.toLocaleString('en')} bytes, of which its budget allows ${BUDGET.toLocaleString('en')}. The largest:\n${lines.join('\n')}`,
  );
});

test('it bundles the AWS SDK, and each package once', () => {
  const names = folders.map(({ folder }) => folder.replace(/.*node_modules\//, ''));

  expect(names).toContain('@aws-sdk/client-secrets-manager');
  expect(names.filter((name, index) => names.indexOf(name) !== index).sort()).toEqual(TWICE);
});

test('it bundles no text tables that Node.js has, or that nobody reads', () => {
  const names = folders.map(({ folder }) => folder);

  expect(names).not.toContain('node_modules/iconv-lite');
  // Slovenian, one of the fifty languages of zod.
  expect(readFileSync(path.join(directory, 'index.js'), 'utf8').includes('Neveljaven vnos')).toBe(false);
});

test('its stack traces name functions of the sources, and have short lines', () => {
  const program = `require(process.argv[1]).handler({}, {}).catch(({ stack }) => process.stdout.write(stack))`;
  const { stdout } = spawnSync(process.execPath, ['-e', program, path.join(directory, 'index.js')], {
    encoding: 'utf8',
    env: {},
  });

  expect(stdout).toMatch(/ConfigurationError: .*\n +at parseEnvironment \(.*index\.js:\d{3,}:\d{1,3}\)/);
});
