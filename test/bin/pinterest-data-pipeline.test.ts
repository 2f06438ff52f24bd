import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STACKS } from '../../lib/names';

/** A synth takes about 5 s, and more beside other tests. */
const TIMEOUT_MS = 120_000;

const PROJECT = join(__dirname, '../..');

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
