import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import type { Cdk } from '../../scripts/aws/cdk';
import { deployWith } from '../../scripts/deploy';
import type { Ask } from '../../scripts/terminal/question';
import { awsAnswer } from '../support/aws-answer';
import { runCommand } from '../support/run-command';

// They have tests of their own, in deploy-refused.test.ts.
jest.mock('../../scripts/aws/deployment-checks', () => ({ checkDeployment: async () => [] }));

const cloudFormation = mockClient(CloudFormationClient);
const ssm = mockClient(SSMClient);
const sts = mockClient(STSClient);

const cdk = jest.fn<ReturnType<Cdk>, Parameters<Cdk>>();
const ask = jest.fn<ReturnType<Ask>, Parameters<Ask>>();

beforeEach(() => {
  for (const client of [cloudFormation, ssm, sts]) client.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '111122223333' });
  ssm.on(GetParameterCommand, { Name: '/cdk-bootstrap/hnb659fds/version' }).resolves({});
  cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsAnswer('ValidationError', 'Stack with id x does not exist'));
  cloudFormation.on(UpdateTerminationProtectionCommand).resolves({});
  cdk.mockReset().mockResolvedValue(0);
  ask.mockReset().mockResolvedValue('y');
});

const run = (...argv: readonly string[]) =>
  runCommand(deployWith({ cdk, ask }), '--aws', '--user-id', 'ada', ...argv);

const commands = () => cdk.mock.calls.map(([, args]) => args);

const DEPLOY = ['deploy', '--all', '--require-approval=never', '--context', 'pipeline.userId=ada'];

function stackIs(StackName: string, StackStatus: 'ROLLBACK_COMPLETE' | 'CREATE_COMPLETE'): void {
  cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
    Stacks: [{ StackName, StackStatus, CreationTime: new Date(0), EnableTerminationProtection: true }],
  });
}

test('says what it costs and where, asks, and deploys all stacks with the CDK CLI', async () => {
  const { status, stderr } = await run();

  expect(status).toBe(0);
  expect(stderr).toContain('In the account 111122223333 this costs:');
  expect(stderr).toMatch(/^Total +\d+\.\d\d$/m);
  expect(ask).toHaveBeenCalledWith('Deploy? [y/N] ');
  expect(commands()).toEqual([DEPLOY]);
});

test.each(['', 'n', 'what?'])('deploys nothing when the answer is "%s"', async (answer) => {
  ask.mockResolvedValue(answer);

  const { status, stderr } = await run();

  expect(status).toBe(1);
  expect(stderr).toContain('Nothing was deployed.');
  expect(cdk).not.toHaveBeenCalled();
});

test('does not ask with --yes', async () => {
  await expect(run('--yes')).resolves.toMatchObject({ status: 0 });

  expect(ask).not.toHaveBeenCalled();
  expect(commands()).toEqual([DEPLOY]);
});

test('refuses where there is nobody to ask', async () => {
  ask.mockResolvedValue(undefined);

  const { status, stderr } = await run();

  expect(status).toBe(2);
  expect(stderr).toContain('--yes deploys without asking');
  expect(cdk).not.toHaveBeenCalled();
});

test('bootstraps an account that CDK is not set up in, after saying so', async () => {
  ssm.on(GetParameterCommand).rejects(awsAnswer('ParameterNotFound'));

  const { stderr } = await run();

  expect(stderr).toContain('cdk bootstrap aws://111122223333/us-east-1');
  expect(commands()).toEqual([['bootstrap', 'aws://111122223333/us-east-1'], DEPLOY]);
});

test('does not deploy when bootstrapping fails', async () => {
  ssm.on(GetParameterCommand).rejects(awsAnswer('ParameterNotFound'));
  cdk.mockResolvedValue(1);

  await expect(run()).resolves.toMatchObject({ status: 1 });

  expect(commands()).toHaveLength(1);
});

test('lets a stack go whose first deployment failed, and no other', async () => {
  stackIs('Pinterest-ada-Network', 'CREATE_COMPLETE');
  stackIs('Pinterest-ada-KafkaCluster', 'ROLLBACK_COMPLETE');

  const { status, stderr } = await run();

  expect(status).toBe(0);
  expect(stderr).toContain('The first deployment of Pinterest-ada-KafkaCluster failed (ROLLBACK_COMPLETE).');
  expect(
    cloudFormation.commandCalls(UpdateTerminationProtectionCommand).map(({ args }) => args[0].input),
  ).toEqual([{ StackName: 'Pinterest-ada-KafkaCluster', EnableTerminationProtection: false }]);
});

test('leaves the protection of a failed stack when the answer is no', async () => {
  stackIs('Pinterest-ada-KafkaCluster', 'ROLLBACK_COMPLETE');
  ask.mockResolvedValue('n');

  await run();

  expect(cloudFormation.commandCalls(UpdateTerminationProtectionCommand)).toHaveLength(0);
});

test('hands configuration and all that follows "--" on to the CDK CLI', async () => {
  await run(
    '--yes',
    '-c',
    'pipeline.kafka.brokers=6',
    '--',
    '--require-approval',
    'broadening',
    '--no-rollback',
  );

  expect(commands()).toEqual([
    [
      'deploy',
      '--all',
      ...['--context', 'pipeline.kafka.brokers=6'],
      ...['--context', 'pipeline.userId=ada'],
      ...['--require-approval', 'broadening', '--no-rollback'],
    ],
  ]);
});

test('ends with the status of the CDK CLI', async () => {
  cdk.mockResolvedValue(130);

  await expect(run()).resolves.toMatchObject({ status: 130 });
});

test.each([
  ['who may not sign in', 'ExpiredToken', 'The AWS credentials have expired'],
  ['without credentials', 'CredentialsProviderError', 'There are no AWS credentials here.'],
])('asks nothing of one %s', async (_, code, message) => {
  sts.on(GetCallerIdentityCommand).rejects(awsAnswer(code));

  const { status, stderr } = await run();

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(ask).not.toHaveBeenCalled();
});

test('says which field of the configuration is wrong, and asks AWS nothing', async () => {
  const { status, stderr } = await run('-c', 'pipeline.kafka.brokers=4');

  expect(status).toBe(2);
  expect(stderr).toContain('pipeline.kafka.brokers is 4');
  expect(sts.calls()).toHaveLength(0);
});

test('has an example in its help', async () => {
  const { status, stdout } = await run('--help');

  expect(status).toBe(0);
  expect(stdout).toContain('Examples:\n  npm run deploy');
});
