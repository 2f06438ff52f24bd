import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { STACKS } from '../../lib/names';

/** A synth takes about 5 s, and more beside other tests. */
const TIMEOUT_MS = 120_000;

const PROJECT = join(__dirname, '../..');

/** Packages of which the emitter carries two versions: the signer of MSK's tokens pins an older one, of 13 kB. */
const TWICE = ['@smithy/signature-v4', '@smithy/types'];

describe('cdk synth --strict', () => {
  const output = mkdtempSync(join(tmpdir(), 'cdk-'));
  let result: ReturnType<typeof synth>;
  beforeAll(() => {
    result = synth('--output', output);
  }, TIMEOUT_MS);
  afterAll(() => rmSync(output, { recursive: true }));

  test('is clean without credentials, from cdk.json as it is', () => {
    expect(result).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/warning|error/i) });
    expect(readdirSync(output)).toEqual(expect.arrayContaining(STACKS.map((id) => `${id}.template.json`)));
  });

  test('bundles the emitter into less than 1.5 MB, each package once', () => {
    const folder = readdirSync(output)
      .filter((name) => name.startsWith('asset.'))
      .map((name) => join(output, name))
      .find((asset) => readdirSync(asset).includes('index.js.map')) as string;
    const bytes = ['index.js', 'index.js.map'].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length,
      0,
    );
    const { sources } = JSON.parse(readFileSync(join(folder, 'index.js.map'), 'utf8')) as {
      sources: string[];
    };
    const places = new Set(
      sources.flatMap((source) => /.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source) ?? []),
    );
    const names = [...places].map((place) => place.replace(/.*node_modules\//, ''));
    const twice = names.filter((name, index) => names.indexOf(name) !== index);

    expect(bytes).toBeLessThan(1.5 * 1024 * 1024);
    expect(names).toContain('@aws-sdk/client-secrets-manager');
    expect(twice.sort()).toEqual(TWICE);
  });
});

test(
  'a wrong field stops synth with its name, its value and what is allowed',
  () => {
    const { status, stderr } = synth('-c', 'pipeline.kafka.brokers=4', '-c', 'pipeline.colour=blue');

    expect(status).not.toBe(0);
    expect(stderr).toContain('pipeline.kafka.brokers is 4: allowed: a multiple of 3');
    expect(stderr).toContain('pipeline.colour is "blue": allowed fields: userId, region');
  },
  TIMEOUT_MS,
);

/** Runs the pinned CLI as somebody who is signed in to no account, and whose default region is another one. */
function synth(...args: readonly string[]) {
  const { status, stderr } = spawnSync('npx', ['cdk', 'synth', '--strict', '--quiet', ...args], {
    cwd: PROJECT,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      HOME: mkdtempSync(join(tmpdir(), 'home-')),
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      CI: 'true',
    },
  });
  return { status, stderr };
}
