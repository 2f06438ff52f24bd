import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { STACKS } from '../../lib/names';

/** Timeout for a synth. It takes about 5 s, and longer with other tests running. */
const TIMEOUT_MS = 120_000;

const PROJECT = join(__dirname, '../..');

const directory = mkdtempSync(join(tmpdir(), 'cdk-'));
const output = join(directory, 'out');

let fine: Synth;
let wrong: Synth;

beforeAll(async () => {
  [fine, wrong] = await Promise.all([
    synth('--output', output),
    synth('-c', 'pipeline.kafka.brokers=4', '-c', 'pipeline.colour=blue'),
  ]);
}, TIMEOUT_MS);

afterAll(() => rmSync(directory, { recursive: true }));

test('cdk synth --strict is clean without credentials, from cdk.json as it is', () => {
  expect(fine).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/warning|error/i) });
  expect(readdirSync(output)).toEqual(expect.arrayContaining(STACKS.map((id) => `${id}.template.json`)));
});

test('a wrong field stops synth with its name, its value and what is allowed', () => {
  expect(wrong.status).not.toBe(0);
  expect(wrong.stderr).toContain('pipeline.kafka.brokers is 4: allowed: a multiple of 3');
  expect(wrong.stderr).toContain('pipeline.colour is "blue": allowed fields: userId, region');
});

interface Synth {
  readonly status: number;
  readonly stderr: string;
}

/** Runs the pinned CLI without credentials, and with another default region. */
async function synth(...args: readonly string[]): Promise<Synth> {
  const child = spawn('npx', ['cdk', 'synth', '--strict', '--quiet', ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: mkdtempSync(join(directory, 'home-')),
      AWS_REGION: 'eu-west-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      CI: 'true',
    },
  });
  const [[status], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)]);
  return { status, stderr };
}
