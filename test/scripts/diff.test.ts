import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import type { Cdk } from '../../scripts/aws/cdk';
import { diffWith } from '../../scripts/diff';
import { awsAnswer } from '../support/aws-answer';
import { runCommand } from '../support/run-command';

const sts = mockClient(STSClient);
const cdk = jest.fn<ReturnType<Cdk>, Parameters<Cdk>>();

beforeEach(() => {
  cdk.mockReset().mockResolvedValue(0);
  sts.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012' });
});

const run = (...argv: readonly string[]) => runCommand(diffWith({ cdk }), '--aws', ...argv);

test('shows the differences of the configured pipeline, with all that follows "--"', async () => {
  const { status } = await run('--user-id', 'ada', '--', 'Emitter', '--fail');

  expect(status).toBe(0);
  expect(cdk.mock.calls.map(([, args]) => args)).toEqual([
    ['diff', '--context', 'pipeline.userId=ada', 'Emitter', '--fail'],
  ]);
});

test('ends with the status of the CDK CLI', async () => {
  cdk.mockResolvedValue(1);

  await expect(run('--', '--fail')).resolves.toMatchObject({ status: 1 });
});

test('asks first whether anybody is signed in, as every other command does', async () => {
  sts.on(GetCallerIdentityCommand).rejects(awsAnswer('ExpiredTokenException'));

  expect(await run('--user-id', 'ada')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('The AWS credentials have expired (sts:GetCallerIdentity). Sign in'),
  });
  expect(cdk).not.toHaveBeenCalled();
});

test.each([
  [['--fail'], "unknown option '--fail'"],
  [['-c', 'pipeline.colour=blue'], 'pipeline.colour is "blue"'],
])('says what is wrong with %j', async (argv, message) => {
  const { status, stderr } = await run(...argv);

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(cdk).not.toHaveBeenCalled();
});

test('has an example in its help', async () => {
  const { stdout } = await run('--help');

  expect(stdout).toContain('Examples:\n  npm run diff');
});
