import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { perStream, topicOf } from '../../lambda/emitter/streams';
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

test('needs all of a database, a Kafka and a user id to compare these', async () => {
  expect(await runCommand(verify, '--brokers', '127.0.0.1:9092')).toMatchObject({
    status: 2,
    stderr: '--creds, --brokers and --user-id go together: give all three or none.\n',
  });
  expect(await run('--tls', 'rds')).toMatchObject({
    status: 2,
    stderr: '--tls goes with --creds; of a pipeline it is known.\n',
  });
});
