import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { perStream, topicOf } from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import { verify } from '../../scripts/verify';
import { deployedStacks } from '../support/deployed-stacks';
import { runCommand } from '../support/run-command';

const lambda = mockClient(LambdaClient);

const run = (...argv: readonly string[]) => runCommand(verify, '--aws', '--user-id', 'ada', ...argv);

const report = (missing: number): VerificationReport => ({
  equal: missing === 0,
  streams: perStream(({ name, table }) => ({
    topic: topicOf('ada', name),
    table,
    equal: missing === 0,
    rows: 5,
    records: 5 - missing,
    lastKey: '7',
    deadLettered: 0,
    missing,
    extra: 0,
    changed: 0,
    duplicate: 0,
    strayDeadLetters: 0,
    digest: { table: 'a', topic: missing === 0 ? 'a' : 'b' },
    examples: [],
  })),
  unknownDeadLetters: 0,
  elapsedMs: 300,
});

function deploy(answer: VerificationReport): void {
  deployedStacks({
    'Pinterest-ada-Emitter': {
      FunctionName: 'the-emitter',
      VerifierName: 'the-verifier',
      DashboardName: 'd',
      ScheduleNames: 's',
    },
  });
  lambda
    .on(InvokeCommand, { FunctionName: 'the-verifier' })
    .resolves({ Payload: Buffer.from(JSON.stringify(answer)) as never });
}

test('asks the function inside the VPC when the pipeline is deployed', async () => {
  deploy(report(0));

  expect(await run()).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Equal: 15 rows are in their topics once'),
  });
});

test('says with its status that something is different, and gives the report as JSON', async () => {
  deploy(report(2));

  const { status, stdout } = await run('--json');

  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toEqual(report(2));
});

describe('--mend', () => {
  const lambdaError = (errorType: string) => ({
    FunctionError: 'Unhandled',
    Payload: Buffer.from(JSON.stringify({ errorType, errorMessage: `about a ${errorType}` })) as never,
  });
  const summary = {
    emitted: { pin: 0, geo: 0, user: 0 },
    followed: { pin: 0, geo: 0, user: 0 },
    changes: { pin: 'followed', geo: 'followed', user: 'followed' },
    losses: {},
    deadLettered: 0,
    checkpoint: { pin: '8', geo: '8', user: '8' },
    caughtUp: true,
  };
  const events = (): unknown[] =>
    lambda
      .commandCalls(InvokeCommand, { FunctionName: 'the-emitter' })
      .map(({ args }) => JSON.parse(String(args[0].input.Payload)));
  /** The emitter refuses its checkpoint until it is set anew; a probe with `from` gives what is said. */
  const refuse = (probe: object): void => {
    let isMended = false;
    lambda.on(InvokeCommand, { FunctionName: 'the-emitter' }).callsFake(({ Payload }) => {
      const { from, dryRun } = JSON.parse(String(Payload));
      if (from === undefined && !isMended) return lambdaError('CheckpointError');
      if (dryRun === true) return probe;
      isMended = true;
      return { Payload: Buffer.from(JSON.stringify({ ...summary, caughtUp: from === undefined })) };
    });
  };

  beforeEach(() => {
    lambda.reset();
    deploy(report(0));
  });

  test('says that there is nothing to fix where the emitter takes its checkpoint, and that of each shard', async () => {
    lambda
      .on(InvokeCommand, { FunctionName: 'the-emitter' })
      .resolves({ Payload: Buffer.from(JSON.stringify(summary)) as never });

    expect(await run('--mend')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Equal: 15 rows'),
      stderr: expect.stringContaining('there is nothing to fix'),
    });
    expect(events()).toEqual([
      { dryRun: true, limit: 1 },
      ...[1, 2, 3, 4, 5, 6, 7].map((shard) => ({ dryRun: true, limit: 1, shard })),
      {},
    ]);
  });

  test('reads the keys again that the function names', async () => {
    const named = report(2);
    named.streams.geo = { ...named.streams.geo, differing: { keys: ['3', '5'], hasMore: false } };
    const answers = [named, report(0)];
    lambda
      .on(InvokeCommand, { FunctionName: 'the-verifier' })
      .callsFake(() => ({ Payload: Buffer.from(JSON.stringify(answers.shift())) }))
      .on(InvokeCommand, { FunctionName: 'the-emitter' })
      .resolves({ Payload: Buffer.from(JSON.stringify(summary)) as never });

    expect(await run('--mend')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Equal: 15 rows'),
      stderr: expect.stringContaining('Reading again 2 keys that differ'),
    });
    expect(events().slice(8)).toEqual([{}, { keys: { geolocation_data: ['3', '5'] } }, {}]);
    const asked = lambda.commandCalls(InvokeCommand, { FunctionName: 'the-verifier' });
    expect(asked.map(({ args }) => JSON.parse(String(args[0].input.Payload)))).toEqual([
      { keys: { limit: 60_000 } },
      { keys: { limit: 60_000 } },
    ]);
  });

  test('sets the checkpoint behind the last keys, goes on from there to the end, and compares', async () => {
    refuse({ Payload: Buffer.from('{}') });

    expect(await run('--mend')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('about a CheckpointError'),
    });
    expect(events().slice(1)).toEqual([
      { dryRun: true, limit: 1, from: 0 },
      { from: { pinterest_data: '8', geolocation_data: '8', user_data: '8' } },
      {},
      {},
    ]);
    expect(lambda.commandCalls(InvokeCommand, { FunctionName: 'the-verifier' })).toHaveLength(2);
  });

  test('shows what the emitter says where a new checkpoint is refused, too, and sets none', async () => {
    refuse(lambdaError('CheckpointError'));

    expect(await run('--mend')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the-emitter failed: CheckpointError: about a CheckpointError'),
    });
    expect(events()).toHaveLength(2);
  });

  test('shows any other error, and sets nothing', async () => {
    lambda.on(InvokeCommand, { FunctionName: 'the-emitter' }).resolves(lambdaError('TableError'));

    expect(await run('--mend')).toMatchObject({ status: 2, stderr: expect.stringContaining('TableError') });
    expect(events()).toHaveLength(1);
  });
});

test('needs a Kafka of one’s own to log in at', async () => {
  expect(await run('--kafka-authentication', 'iam')).toMatchObject({
    status: 2,
    stderr: '--kafka-authentication is for your own Kafka: allowed together with --brokers.\n',
  });
});

test('needs all of a database, a Kafka and a user id to compare these', async () => {
  expect(await runCommand(verify, '--brokers', '127.0.0.1:9092')).toMatchObject({
    status: 2,
    stderr: '--creds, --brokers and --user-id go together: give all three or none.\n',
  });
  expect(await run('--tls', 'rds')).toMatchObject({
    status: 2,
    stderr: '--tls goes with --creds; for a deployed pipeline it is known.\n',
  });
});
