import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bench } from '../../scripts/bench';
import { isKcatInstalled } from '../../scripts/bench/kcat-subject';
import { busyPercent } from '../../scripts/bench/machine';
import { runBench } from '../../scripts/bench/run-bench';
import { runLatencyBench } from '../../scripts/bench/run-latency-bench';
import { runCommand } from '../support/run-command';
import { ROUNDS } from './bench/sample-rounds';

jest.mock('../../scripts/bench/run-bench');
jest.mock('../../scripts/bench/run-latency-bench');
jest.mock('../../scripts/bench/deployed-emitter', () => ({
  synthesizeEmitter: () => ({ bundle: 'index.js', memoryMB: 1024, variables: {} }),
}));
jest.mock('../../scripts/bench/kcat-subject', () => ({ isKcatInstalled: jest.fn() }));
jest.mock('../../scripts/local/toolchain', () => ({
  ...jest.requireActual('../../scripts/local/toolchain'),
  checkToolchain: async () => {},
}));
jest.mock('../../scripts/bench/machine', () => ({
  ...jest.requireActual('../../scripts/bench/machine'),
  busyPercent: jest.fn(),
  thisMachine: async () => ({
    ...{ cpu: 'Abacus', cores: 2, memoryGiB: 24, os: 'Linux', node: '24.1.0', java: '17.0.1' },
  }),
}));

const output = mkdtempSync(path.join(tmpdir(), 'bench-'));

beforeEach(() => {
  jest.mocked(busyPercent).mockResolvedValue(2);
  jest.mocked(isKcatInstalled).mockReturnValue(true);
  jest
    .mocked(runBench)
    .mockReset()
    .mockResolvedValue({
      rounds: ROUNDS,
      recordBytes: { pin: 700, geo: 110, user: 90 },
    });
});

const run = (...argv: readonly string[]) => runCommand(bench, '--output', output, ...argv);

test('measures what it is told, shows the report, and leaves it with its charts', async () => {
  const { status, stdout } = await run('--rows', '200,100', '--rounds', '2', '--only', 'select,emitter');

  expect(status).toBe(0);
  expect(jest.mocked(runBench).mock.calls[0]?.slice(0, 3)).toEqual([
    {
      pythonSeconds: 60,
      sizes: [100, 200].map((rows) => ({ rows, rounds: 2, choices: ['emitter', 'select'] })),
    },
    expect.objectContaining({ memoryMB: 1024 }),
    output,
  ]);
  expect(stdout).toMatch(/emitter, cold +30,000/);
  expect(JSON.parse(readFileSync(path.join(output, 'bench.json'), 'utf8'))).toMatchObject({
    busyPercent: 2,
    memoryMB: 1024,
    recordBytes: { pin: 700 },
  });
  expect(existsSync(path.join(output, 'bars.svg'))).toBe(true);
});

test('adds what it measures with brokers at a distance', async () => {
  jest.mocked(runLatencyBench).mockResolvedValue([
    {
      ...{ subject: 'emitter-cold', rows: 100, latencyMs: 1, records: 300 },
      ...{ seconds: 1, cpuSeconds: 1, peakBytes: 1 },
    },
  ]);

  const { stdout } = await run('--rows', '100', '--latency', '1', '--json');

  expect(JSON.parse(stdout)).toMatchObject({ distant: [{ latencyMs: 1, rowsPerSecond: { median: 300 } }] });
});

test('leaves kcat out where it is not installed, and says so', async () => {
  jest.mocked(isKcatInstalled).mockReturnValue(false);

  const { status, stderr } = await run('--rows', '100');

  expect(status).toBe(0);
  expect(stderr).toContain('kcat is left out: it is not installed');
  expect(jest.mocked(runBench).mock.calls[0]?.[0].sizes[0]?.choices).not.toContain('kcat');
  await expect(run('--only', 'kcat')).resolves.toMatchObject({
    status: 2,
    stderr: '--only names kcat, which is not installed (package "kcat").\n',
  });
});

test('writes nothing but JSON to standard output with --json', async () => {
  const { stdout } = await run('--json');

  expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(path.join(output, 'bench.json'), 'utf8')));
});

describe('on a busy machine', () => {
  beforeEach(() => {
    jest.mocked(busyPercent).mockResolvedValue(16);
  });

  test('it measures nothing', async () => {
    const { status, stdout, stderr } = await run();

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'This machine is 16 % busy, of which the benchmark allows 15 %. Wait, or use --even-if-busy for a trial.\n',
    );
    expect(runBench).not.toHaveBeenCalled();
  });

  test('it makes a trial when told to, which says that it is one', async () => {
    const { status, stdout } = await run('--even-if-busy');

    expect(status).toBe(0);
    expect(stdout).toContain(
      'A trial, not to be compared or quoted: the machine was 16 % busy with other things.',
    );
  });

  test('it publishes nothing, whatever it is told', async () => {
    const { status, stderr } = await run('--even-if-busy', '--publish');

    expect(status).toBe(2);
    expect(stderr).toContain('these results are not fit to publish');
    expect(runBench).not.toHaveBeenCalled();
  });
});

test('publishes all subjects or none', async () => {
  const { status, stderr } = await run('--only', 'emitter', '--publish');

  expect(status).toBe(2);
  expect(stderr).toBe('Only figures of all subjects are published: leave --only out.\n');
  expect(runBench).not.toHaveBeenCalled();
});

test('says why a subject failed', async () => {
  jest.mocked(runBench).mockRejectedValue(new Error('4 records in x.pin instead of 5'));

  const { status, stdout, stderr } = await run();

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('4 records in x.pin instead of 5');
});

test.each([
  [['--rows', '0'], "--rows <list>' argument '0' is invalid. allowed: a whole number from 1 on"],
  [['--rows', '100,many'], "argument '100,many' is invalid"],
  [['--rounds', '1.5'], "argument '1.5' is invalid"],
  [['--python-seconds', '-1'], "argument '-1' is invalid"],
  [['--only', 'emitter,flink'], 'allowed: emitter, debezium, kcat, changes, python, select, producer'],
  [['--colour'], "unknown option '--colour'"],
  [['now'], 'too many arguments'],
])('says what is wrong with %j', async (argv, message) => {
  const { status, stdout, stderr } = await run(...argv);

  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(runBench).not.toHaveBeenCalled();
});

test('has examples in its help', async () => {
  const { status, stdout } = await run('--help');

  expect(status).toBe(0);
  expect(stdout).toContain('npm run bench -- --full --latency 1 --soak 10 --publish');
});
