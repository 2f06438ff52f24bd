import { cost } from '../../scripts/cost';
import { runCommand } from '../support/run-command';

const run = (...argv: readonly string[]) => runCommand(cost, '--aws', ...argv);

test('shows a line for each thing, a total for each stack, and one for all', async () => {
  const { status, stdout } = await run();

  expect(status).toBe(0);
  expect(stdout).toMatch(/^KafkaCluster +\d/m);
  expect(stdout).toMatch(/^Total +\d+\.\d{4} +\d+\.\d\d$/m);
  expect(stdout).toContain('A million rows take $');
});

test('takes the configuration of the command line', async () => {
  const { stdout } = await run(
    ...['-c', 'pipeline.kafka.brokers=6'],
    ...['-c', 'pipeline.kafka.brokerType=kafka.m7g.large'],
  );

  expect(stdout).toContain('6 brokers kafka.m7g.large');
});

test('writes nothing but JSON to standard output with --json', async () => {
  const { status, stdout } = await run('--json');

  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    monthly: expect.any(Number),
    emitting: { perMillionRows: expect.any(Number), measurement: { date: expect.any(String) } },
    hourly: expect.any(Number),
    stacks: expect.arrayContaining([expect.objectContaining({ stack: 'Network' })]),
    lines: expect.arrayContaining([
      expect.objectContaining({ price: expect.objectContaining({ source: expect.any(String) }) }),
    ]),
  });
});

test.each([
  [['-c', 'pipeline.kafka.brokers=4'], 'pipeline.kafka.brokers is 4: allowed: a multiple of 3'],
  [['-c', 'pipeline.colour=blue'], 'pipeline.colour is "blue"'],
  [['--currency', 'euro'], "unknown option '--currency'"],
  [['now'], 'too many arguments'],
])('says what is wrong with %j', async (argv, message) => {
  const { status, stdout, stderr } = await run(...argv);

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
});

test('has an example in its help', async () => {
  const { status, stdout } = await run('--help');

  expect(status).toBe(0);
  expect(stdout).toContain('Example: npm run cost -- ');
});
