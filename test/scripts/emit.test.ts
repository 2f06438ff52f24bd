import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { emit } from '../../scripts/emit';
import { awsAnswer } from '../support/aws-answer';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const lambda = mockClient(LambdaClient);

beforeEach(() => {
  lambda.reset();
  deployedStacks({
    'Pinterest-ada-Emitter': {
      FunctionName: 'the-emitter',
      VerifierName: 'the-verifier',
      DashboardName: 'd',
      ScheduleNames: 's',
    },
  });
});

const run = (...argv: readonly string[]) => runCommand(emit, '--aws', '--user-id', 'ada', ...argv);

const summary = (changes: Partial<EmitSummary> = {}): EmitSummary => ({
  userId: 'ada',
  shard: 0,
  emitted: { pin: 3, geo: 2, user: 1 },
  followed: { pin: 0, geo: 0, user: 0 },
  changes: { pin: 'followed', geo: 'followed', user: 'followed' },
  losses: {},
  behind: { seconds: 0, bytes: 0 },
  deadLettered: 0,
  checkpoint: { pin: '12', geo: '11', user: '10' },
  lagKeys: { pin: 0, geo: 0, user: 0 },
  caughtUp: true,
  stopped: 'caught-up',
  elapsedMs: 1_250,
  ...changes,
});

/** The function answers one invocation after the other. */
function answer(...summaries: readonly EmitSummary[]): void {
  const behaviour = lambda.on(InvokeCommand);
  for (const one of summaries) behaviour.resolvesOnce({ Payload: payload(one) });
}

const payload = (value: unknown) => Buffer.from(JSON.stringify(value)) as never;

const events = (): unknown[] =>
  lambda.commandCalls(InvokeCommand).map(({ args }) => JSON.parse(String(args[0].input.Payload)));

test('runs the deployed function once, with an empty event, and shows what it did', async () => {
  answer(summary());

  const { status, stdout } = await run();

  expect(status).toBe(0);
  expect(stdout).toBe(
    [
      'topic     rows emitted  next key  keys still to read',
      'ada.pin              3        12                   0',
      'ada.geo              2        11                   0',
      'ada.user             1        10                   0',
      'Caught up with the tables. 0 dead letters, 1 run, 1.3 s.',
      '',
    ].join('\n'),
  );
  expect(lambda.commandCalls(InvokeCommand)[0]?.args[0].input).toMatchObject({ FunctionName: 'the-emitter' });
  expect(events()).toEqual([{}]);
});

test('passes on what a run is asked', async () => {
  answer(summary({ dryRun: true }));

  const { stdout } = await run(
    '--limit',
    '5',
    '--from',
    '90071992547409931',
    '--table',
    'user_data',
    'pinterest_data',
    '--dry-run',
  );

  expect(events()).toEqual([
    { limit: 5, from: '90071992547409931', tables: ['user_data', 'pinterest_data'], dryRun: true },
  ]);
  expect(stdout).toContain('Dry run, nothing was written.');
});

test('runs again until the end of the tables, and sets the checkpoint only once', async () => {
  answer(
    summary({ caughtUp: false, stopped: 'limit' }),
    summary({ caughtUp: false, stopped: 'deadline' }),
    summary(),
  );

  const { status, stdout } = await run('--until-caught-up', '--limit', '2', '--from', '0', '--json');

  expect(status).toBe(0);
  expect(events()).toEqual([{ limit: 2, from: '0' }, { limit: 2 }, { limit: 2 }]);
  expect(JSON.parse(stdout).summaries).toHaveLength(3);
});

describe('of three shards', () => {
  beforeEach(() => {
    deployedStacks({
      'Pinterest-ada-Emitter': {
        FunctionName: 'the-emitter',
        VerifierName: 'the-verifier',
        DashboardName: 'd',
        ScheduleNames: 's s1 s2',
      },
    });
  });

  const idle = { emitted: { pin: 0, geo: 0, user: 0 } };
  /** What the shards answer, each with its own summaries in order. */
  const answers = (...ofShards: Partial<EmitSummary>[][]): void => {
    lambda.on(InvokeCommand).callsFake(({ Payload }) => {
      const { shard = 0 } = JSON.parse(String(Payload));
      return { Payload: payload(summary({ shard, ...(ofShards[shard]?.shift() ?? idle) })) };
    });
  };

  test('runs each once, and shows what each did', async () => {
    answers([{}], [{ lagKeys: { pin: 7, geo: 0, user: 0 }, caughtUp: false, stopped: 'deadline' }]);

    const { stdout } = await run();

    expect(events()).toEqual([{}, { shard: 1 }, { shard: 2 }]);
    expect(stdout).toBe(
      [
        'topic     shard  rows emitted  next key  keys still to read',
        'ada.pin       0             3        12                   0',
        'ada.pin       1             3        12                   7',
        'ada.pin       2             0        12                   0',
        'ada.geo       0             2        11                   0',
        'ada.geo       1             2        11                   0',
        'ada.geo       2             0        11                   0',
        'ada.user      0             1        10                   0',
        'ada.user      1             1        10                   0',
        'ada.user      2             0        10                   0',
        'Stopped before the timeout of the function; the next run continues. 0 dead letters, 3 runs, 1.3 s.',
        '',
      ].join('\n'),
    );
  });

  test('runs each until all have nothing left', async () => {
    answers([{}], [idle, { caughtUp: false, stopped: 'limit' }, {}]);

    const { status, stdout } = await run('--until-caught-up', '--json');

    expect(status).toBe(0);
    const rows = JSON.parse(stdout).summaries.map(({ shard, emitted }: EmitSummary) => [shard, emitted.pin]);
    expect(rows.filter(([, pin]: number[]) => pin !== 0)).toEqual([
      [0, 3],
      [1, 3],
      [1, 3],
    ]);
    for (const shard of [0, 1, 2]) expect(rows.findLast(([one]: number[]) => one === shard)[1]).toBe(0);
  });

  test('sets the checkpoint before any other shard runs', async () => {
    answers();

    await run('--from', '7');

    expect(events()).toEqual([{ from: '7' }]);
  });

  test('shows the error of one when all have ended', async () => {
    lambda.on(InvokeCommand).callsFake(({ Payload }) =>
      JSON.parse(String(Payload)).shard === 1
        ? {
            FunctionError: 'Unhandled',
            Payload: payload({ errorType: 'TableError', errorMessage: 'gone' }),
          }
        : { Payload: payload(summary()) },
    );

    for (const options of [[], ['--until-caught-up']]) {
      expect(await run(...options)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('the-emitter failed: TableError: gone'),
      });
    }
  });
});

test.each<[string, Partial<EmitSummary>]>([
  ['a newer run took over', { caughtUp: false, stopped: 'fenced' }],
  ['a run emitted nothing', { caughtUp: false, stopped: 'deadline', emitted: { pin: 0, geo: 0, user: 0 } }],
  ['it was a dry run', { caughtUp: false, stopped: 'limit', dryRun: true }],
])('does not run again when %s, and says with its status that it is not done', async (_, changes) => {
  answer(summary(changes), summary());

  expect(await run('--until-caught-up')).toMatchObject({ status: 1 });
  expect(events()).toHaveLength(1);
});

test('shows the error of the function and the lines of its log that matter', async () => {
  const log = [
    'torn line"}',
    'START RequestId: 1',
    JSON.stringify({ level: 'INFO', message: 'of no interest' }),
    JSON.stringify({
      level: 'WARN',
      message: 'Trying again',
      error: { name: 'UnreachableError', message: 'gone' },
    }),
    JSON.stringify({
      level: 'ERROR',
      message: 'Run failed',
      error: { name: 'TopicError', message: 'Missing topics: ada.pin' },
    }),
    'END RequestId: 1',
  ].join('\n');
  lambda.on(InvokeCommand).resolves({
    FunctionError: 'Unhandled',
    Payload: payload({ errorType: 'TopicError', errorMessage: 'Missing topics: ada.pin' }),
    LogResult: Buffer.from(log).toString('base64'),
  });

  expect(await run()).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /the-emitter failed: TopicError: Missing topics: ada.pin\n {2}WARN Trying again: UnreachableError: gone\n {2}ERROR Run failed: TopicError: Missing topics: ada.pin\n$/,
    ),
  });
});

test('never invokes a second time by itself', async () => {
  lambda.on(InvokeCommand).rejects(awsAnswer('TimeoutError'));

  expect(await run('--until-caught-up')).toMatchObject({ status: 2 });
  expect(events()).toHaveLength(1);
});

test('says that the stack is not deployed', async () => {
  deployedStacks({});

  expect(await run()).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'The stack Pinterest-ada-Emitter is not deployed in us-east-1 of AWS. "npm run deploy" creates it; is ada the right user id?',
    ),
  });
});

test.each([
  [['--limit', '0'], "option '--limit <posts>' argument '0' is invalid. allowed: a whole number from 1 on."],
  [['--from', '-1'], 'from is "-1": allowed: an integer from 0 to 9223372036854775806'],
  [['--table', 'posts'], 'tables.0 is "posts": allowed: pinterest_data, geolocation_data, user_data'],
  [['--everything'], "unknown option '--everything'"],
])('refuses %j and invokes nothing', async (argv, message) => {
  expect(await run(...argv)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
  expect(events()).toHaveLength(0);
});

test('shows its help, with an example', async () => {
  const { status, stdout } = await runCommand(emit, '--help');

  expect(status).toBe(0);
  expect(stdout).toContain('Example: npm run emit -- --until-caught-up');
});
