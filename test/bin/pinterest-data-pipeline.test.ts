import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { context } from '../../cdk.json';
import { SERVICE_NAME } from '../../lambda/shared/metric-names';
import { STACKS } from '../../lib/names';
import { type BundledFolder, bundledFolders } from '../../scripts/aws/bundled-packages';
import { normalized, readAssembly, type Synthesized, synthesize } from '../lib/synthesize';

/** Timeout for a synth. It takes about 5 s, and longer with other tests running. */
const TIMEOUT_MS = 120_000;

/** Maximum size of all files of the emitter, in bytes: 3 % above its current size. */
const BUDGET = 2_400_000;

/** Packages that the emitter bundles in two versions. The signer of MSK's tokens pins an older one, of 13 kB. */
const TWICE = ['@smithy/signature-v4', '@smithy/types'];

const directory = mkdtempSync(path.join(tmpdir(), 'cdk-'));
const output = path.join(directory, 'out');

let valid: Synth;
let invalid: Synth;
let folders: readonly BundledFolder[];

beforeAll(async () => {
  [valid, invalid, folders] = await Promise.all([
    // Without what the CLI adds to every resource and for AWS's statistics, so that templates can be compared.
    synth('--output', output, '--no-path-metadata', '--no-asset-metadata', '--no-version-reporting'),
    synth('-c', 'pipeline.kafka.brokers=4', '-c', 'pipeline.colour=blue'),
    bundledFolders('lambda/emitter/handler.ts'),
  ]);
}, TIMEOUT_MS);

afterAll(() => rmSync(directory, { recursive: true }));

describe('cdk synth --strict', () => {
  test('is clean without credentials, from cdk.json as it is', () => {
    expect(valid).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/warning|error/i) });
    expect(readdirSync(output)).toEqual(expect.arrayContaining(STACKS.map((id) => `${id}.template.json`)));
  });

  test(
    'writes templates that do not change with the code of a function',
    () => {
      const bundled = readAssembly(output);
      const { templates } = synthesize(context.pipeline);

      for (const id of STACKS) expect(normalized(bundled.templates[id])).toEqual(normalized(templates[id]));
    },
    TIMEOUT_MS,
  );

  test('fails on a wrong field with its name, its value and what is allowed', () => {
    expect(invalid.status).not.toBe(0);
    expect(invalid.stderr).toContain('pipeline.kafka.brokers is 4: allowed: a multiple of 3');
    expect(invalid.stderr).toContain('pipeline.colour is "blue": allowed fields: userId, region');
  });
});

describe('the bundle of the emitter', () => {
  const bundle = (): string => path.join(output, `asset.${assetOf(readAssembly(output))}`);

  test('is no larger than its work needs', () => {
    const files = readdirSync(bundle()).map((name) => statSync(path.join(bundle(), name)).size);
    const bytes = files.reduce((sum, size) => sum + size, 0);
    if (bytes <= BUDGET) return;

    const lines = folders
      .slice(0, 10)
      .map(({ folder, bytes: size }) => `${size.toLocaleString('en').padStart(9)} ${folder}`);
    throw new Error(
      `The emitter has ${bytes.toLocaleString('en')} bytes, but its budget is ${BUDGET.toLocaleString('en')}. The largest:\n${lines.join('\n')}`,
    );
  });

  test('has the AWS SDK, and each package once', () => {
    const names = folders.map(({ folder }) => folder.replace(/.*node_modules\//, ''));

    expect(names).toContain('@aws-sdk/client-secrets-manager');
    expect(names.filter((name, index) => names.indexOf(name) !== index).sort()).toEqual(TWICE);
  });

  test('has no text tables that Node.js has, or that nobody reads', () => {
    const names = folders.map(({ folder }) => folder);

    expect(names).not.toContain('node_modules/iconv-lite');
    // Slovenian, one of the fifty languages of zod.
    expect(readFileSync(path.join(bundle(), 'index.js'), 'utf8').includes('Neveljaven vnos')).toBe(false);
  });

  test('has stack traces that name functions of the sources, and short lines', () => {
    const program = `require(process.argv[1]).handler({}, {}).catch(({ stack }) => process.stdout.write(stack))`;
    const { stdout } = spawnSync(process.execPath, ['-e', program, path.join(bundle(), 'index.js')], {
      encoding: 'utf8',
      env: {},
    });

    expect(stdout).toMatch(/ConfigurationError: .*\n +at parseEnvironment \(.*index\.js:\d{3,}:\d{1,3}\)/);
  });
});

/** Returns the hash of the emitter's code. */
function assetOf({ templates }: Synthesized): string {
  const emitter = Object.values(templates.Emitter.Resources).find(
    ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === SERVICE_NAME,
  );
  return path.parse(emitter?.Properties.Code.S3Key).name;
}

interface Synth {
  readonly status: number;
  readonly stderr: string;
}

/** Runs the pinned CLI without credentials, and with another default region. */
async function synth(...args: readonly string[]): Promise<Synth> {
  const child = spawn('npx', ['cdk', 'synth', '--strict', '--quiet', ...args], {
    cwd: path.join(__dirname, '../..'),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: mkdtempSync(path.join(directory, 'home-')),
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      CI: 'true',
    },
  });
  const [[status], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { status, stderr };
}
