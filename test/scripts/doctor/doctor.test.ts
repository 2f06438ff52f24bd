import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeAvailabilityZonesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DescribeClusterV2Command, KafkaClient, ListTopicsCommand } from '@aws-sdk/client-kafka';
import {
  GetAccountSettingsCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { topicsOf } from '../../../lambda/shared/streams';
import { nameOf, OUTPUTS, PLACEHOLDER_USER, STACKS, type StackId } from '../../../lib/names';
import { accountPlan } from '../../../scripts/aws/account-plan';
import { stillBilled } from '../../../scripts/cost/still-billed';
import { doctor } from '../../../scripts/doctor';
import type { Diagnosis } from '../../../scripts/doctor/check';
import { awsAnswer } from '../../support/aws-answer';
import { runCommand } from '../../support/run-command';

// They ask programs of this machine for their versions, which takes seconds; they have a test of their own.
jest.mock('../../../scripts/doctor/machine-checks', () => ({ machineChecks: () => [] }));

jest.mock('../../../scripts/aws/account-plan', () => ({ accountPlan: jest.fn(async () => 'PAID') }));

jest.mock('../../../scripts/cost/still-billed', () => ({ stillBilled: jest.fn(async () => []) }));

const cloudFormation = mockClient(CloudFormationClient);
const cloudWatch = mockClient(CloudWatchClient);
const ec2 = mockClient(EC2Client);
const kafka = mockClient(KafkaClient);
const lambda = mockClient(LambdaClient);
const logs = mockClient(CloudWatchLogsClient);
const scheduler = mockClient(SchedulerClient);
const secrets = mockClient(SecretsManagerClient);
const ssm = mockClient(SSMClient);
const sts = mockClient(STSClient);

const BOOTSTRAP = { Name: '/cdk-bootstrap/hnb659fds/version' };

/** An account in which all is well. */
beforeEach(() => {
  for (const client of [ssm, lambda]) client.reset();
  sts
    .on(GetCallerIdentityCommand)
    .resolves({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/ada' });
  ssm.on(GetParameterCommand).resolves({ Parameter: { Value: 'a private key' } });
  ec2.on(DescribeAvailabilityZonesCommand).resolves({
    AvailabilityZones: ['1', '2', '4', '6', '3', '5'].map((id, index) => ({
      ZoneName: `us-east-1${'abcdef'[index]}`,
      ZoneId: `use1-az${id}`,
      State: 'available',
    })),
  });
  subnetsAre('use1-az1 10.20.0.0/24', 'use1-az2 10.20.1.0/24', 'use1-az4 10.20.7.0/24');
  lambda.on(GetAccountSettingsCommand).resolves({
    AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 },
  });
  ec2.on(DescribeKeyPairsCommand).resolves({ KeyPairs: [{ KeyPairId: 'key-1', KeyFingerprint: 'f' }] });
  ec2
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ State: { Name: 'running' } }] }] });
  ec2.on(DescribeInstanceStatusCommand).resolves({
    InstanceStatuses: [{ SystemStatus: { Status: 'ok' }, InstanceStatus: { Status: 'ok' } }],
  });
  for (const id of STACKS) stackIs(id, 'CREATE_COMPLETE');
  kafka.on(DescribeClusterV2Command).resolves({ ClusterInfo: { State: 'ACTIVE' } });
  topicsAre(topicsOf('ada'));
  secretIs('reader');
  lambda.on(GetFunctionConfigurationCommand).resolves({ LoggingConfig: { LogGroup: 'emitter-logs' } });
  changesAre('followed');
  scheduler.on(GetScheduleCommand).resolves({ State: 'ENABLED', ScheduleExpression: 'rate(5 minutes)' });
  logged('{"message":"Run ended"}');
  cloudWatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [] });
});

/** What the emitter says of the changes of pins; those of the other tables are followed. */
const changesAre = (pin: string): void => {
  lambda.on(InvokeCommand).resolves({
    Payload: payload({
      lagKeys: { pin: 0, geo: 0, user: 0 },
      changes: { pin, geo: 'followed', user: 'followed' },
    }),
  });
};

test('finds nothing broken where all is well, and changes nothing', async () => {
  const { status, diagnoses } = await examine();

  expect(diagnoses.filter((one) => one.status !== 'ok')).toEqual([]);
  expect(status).toBe(0);
  expect(JSON.parse(String(lambda.commandCalls(InvokeCommand)[0]?.args[0].input.Payload))).toEqual({
    dryRun: true,
    limit: 1,
  });
});

test.each<[broken: string, breakIt: () => void, check: string, text: string, fix: string]>([
  [
    'nobody is signed in',
    () => sts.on(GetCallerIdentityCommand).rejects(awsAnswer('CredentialsProviderError')),
    'credentials',
    'There are no AWS credentials here. Sign in with "aws configure"',
    '',
  ],
  [
    'the account is not bootstrapped',
    () => ssm.on(GetParameterCommand, BOOTSTRAP).rejects(awsAnswer('ParameterNotFound')),
    'bootstrap',
    'not bootstrapped',
    'npm run deploy',
  ],
  [
    'the account lacks a zone',
    () => zonesAre('use1-az1', 'use1-az4', 'use1-az5', 'use1-az6'),
    'zones',
    'this account cannot use use1-az2',
    '"availabilityZoneIds": ["use1-az1","use1-az4","use1-az5"]',
  ],
  [
    'the zones were changed after the deployment',
    () => subnetsAre('use1-az1 10.20.0.0/24', 'use1-az6 10.20.4.0/24'),
    'zones',
    'but the network is deployed in the zones use1-az1, use1-az6',
    'that it was deployed with',
  ],
  [
    'the range was changed after the deployment',
    () => subnetsAre('use1-az1 10.30.0.0/24'),
    'zones',
    'pipeline.vpcCidr is "10.20.0.0/20", but the network is deployed with other ranges (10.30.0.0/24)',
    'that it was deployed with',
  ],
  [
    'the account may run too few functions at once',
    () =>
      lambda.on(GetAccountSettingsCommand).resolves({
        AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 1 },
      }),
    'quotas and plan',
    'pipeline.emitter.shards is 1: allowed: at most 0',
    'request-service-quota-increase',
  ],
  [
    'the account is on the free plan',
    () => jest.mocked(accountPlan).mockResolvedValueOnce('FREE'),
    'quotas and plan',
    "pipeline.database.backupDays is 7: allowed: 1, because this account is on AWS's free plan",
    'set it to 1',
  ],
  ['a stack is missing', () => stackIs('KafkaClient'), 'stack KafkaClient', 'not deployed', 'npm run deploy'],
  [
    'a first deployment failed',
    () => stackIs('KafkaCluster', 'ROLLBACK_COMPLETE'),
    'stack KafkaCluster',
    'ROLLBACK_COMPLETE',
    'npm run deploy',
  ],
  [
    'the private key was deleted',
    () => ssm.on(GetParameterCommand, { WithDecryption: true }).rejects(awsAnswer('ParameterNotFound')),
    'key',
    'no private key /ec2/keypair/key-1',
    '',
  ],
  [
    'the client is stopped',
    () =>
      ec2
        .on(DescribeInstancesCommand)
        .resolves({ Reservations: [{ Instances: [{ State: { Name: 'stopped' } }] }] }),
    'Kafka client',
    'is stopped. Start it: aws ec2 start-instances',
    '',
  ],
  [
    'the client does not answer',
    () =>
      ec2.on(DescribeInstanceStatusCommand).resolves({
        InstanceStatuses: [{ SystemStatus: { Status: 'ok' }, InstanceStatus: { Status: 'impaired' } }],
      }),
    'Kafka client',
    "does not answer AWS's own checks",
    'aws ec2 reboot-instances',
  ],
  [
    'the cluster failed',
    () =>
      kafka
        .on(DescribeClusterV2Command)
        .resolves({ ClusterInfo: { State: 'FAILED', StateInfo: { Message: 'no capacity' } } }),
    'cluster',
    'FAILED: no capacity',
    'npm run destroy',
  ],
  [
    'a topic was deleted',
    () => topicsAre(topicsOf('ada').slice(1)),
    'topics',
    'missing: ada.pin',
    '--topic-name ada.pin --partition-count 3 --replication-factor 3',
  ],
  [
    'the secret was never filled',
    () => secretIs(PLACEHOLDER_USER),
    'secret',
    'not put into the secret',
    'npm run put-credentials',
  ],
  [
    'the database cannot be reached',
    () => emitterFails('UnreachableError', 'db:3306 did not answer'),
    'emitter to database and Kafka',
    'UnreachableError: db:3306 did not answer',
    'firewall',
  ],
  [
    'changes were lost',
    () => changesAre('reconcile (TRUNCATE pinterest_data)'),
    'changes',
    'pinterest_data: reconcile (TRUNCATE pinterest_data)',
    'npm run verify -- --mend',
  ],
  [
    'the log of changes cannot be read any more',
    () => emitterFails('LogRefusedError', 'binlog_format is MIXED'),
    'emitter to database and Kafka',
    'LogRefusedError: binlog_format is MIXED',
    'give back the grant or the setting',
  ],
  [
    'the last run failed',
    () => logged('{"message":"Run ended"}', '{"message":"Run failed"}'),
    'last run',
    'failed',
    'npm run emit',
  ],
  [
    'the last run of one of the shards failed',
    () =>
      logged(
        '{"message":"Run failed","event":{"shard":1}}',
        '{"message":"Run ended","summary":{"shard":0}}',
        '{"message":"Run ended","summary":{"shard":2}}',
      ),
    'last run',
    'failed',
    'npm run emit',
  ],
  [
    'an alarm fires',
    () =>
      cloudWatch.on(DescribeAlarmsCommand).resolves({
        MetricAlarms: [
          {
            AlarmName: 'Pinterest-ada-Emitter: Emitter fails',
            AlarmDescription: 'What to do: lib/RUNBOOK.md',
            StateValue: 'ALARM',
          },
        ],
      }),
    'alarms',
    'Pinterest-ada-Emitter: Emitter fails',
    'What to do: lib/RUNBOOK.md',
  ],
  [
    'the emitter stopped running more than an hour ago',
    () => withoutDataSince(2, 'Pinterest-ada-Emitter: Emitter has not run for an hour'),
    'alarms',
    'Emitter has not run for an hour',
    'What to do',
  ],
])('says what is broken and what mends it when %s', async (_, breakIt, check, text, fix) => {
  breakIt();

  const { status, diagnoses } = await examine();

  expect(diagnoses.filter((one) => one.status === 'failed').map((one) => one.check)).toEqual([check]);
  expect(diagnoses.find((one) => one.check === check)).toMatchObject({
    text: expect.stringContaining(text),
    ...(fix !== '' && { fix: expect.stringContaining(fix) }),
  });
  expect(status).toBe(1);
});

test.each<[string, () => void, string, string]>([
  [
    'the login may not read the log of changes',
    () => changesAre('copied-only (the login has no REPLICATION SLAVE)'),
    'changes',
    'pinterest_data: copied-only (the login has no REPLICATION SLAVE)',
  ],
  [
    'the schedule is switched off',
    () => scheduler.on(GetScheduleCommand).resolves({ State: 'DISABLED' }),
    'schedule',
    'switched off',
  ],
  [
    'the schedule of one of the shards is switched off',
    () => {
      outputsAre('Emitter', { ScheduleNames: 'first second third' });
      scheduler.on(GetScheduleCommand, { Name: 'second' }).resolves({ State: 'DISABLED' });
    },
    'schedule',
    'switched off for some of the shards',
  ],
  [
    'an alarm has had no data for an hour after its creation',
    () => withoutDataSince(2, 'Pinterest-ada-KafkaCluster: Kafka has no active controller'),
    'alarms',
    'no data for an hour, so these cannot fire: Pinterest-ada-KafkaCluster: Kafka has no active controller',
  ],
  ['nothing has run yet', () => logged(), 'last run', 'none in 15 minutes'],
  [
    'nothing but the doctor has run',
    () => logged('{"message":"Run ended","summary":{"dryRun":true}}'),
    'last run',
    'none in 15 minutes',
  ],
  [
    'the last update was taken back',
    () => stackIs('Emitter', 'UPDATE_ROLLBACK_COMPLETE'),
    'stack Emitter',
    'taken back',
  ],
  [
    'a stack is being changed',
    () => stackIs('Network', 'UPDATE_IN_PROGRESS'),
    'stack Network',
    'UPDATE_IN_PROGRESS',
  ],
])('warns, and finds nothing broken, when %s', async (_, breakIt, check, text) => {
  breakIt();

  const { status, diagnoses } = await examine();

  expect(diagnoses.filter((one) => one.status !== 'ok')).toEqual([
    expect.objectContaining({ check, status: 'warning', text: expect.stringContaining(text) }),
  ]);
  expect(status).toBe(0);
});

test('waits an hour for the first data of an alarm', async () => {
  withoutDataSince(0.5, 'Pinterest-ada-Emitter: Emitter has not run for an hour');

  expect((await examine()).status).toBe(0);
});

test('makes no check of what is not deployed', async () => {
  for (const id of STACKS) stackIs(id);

  const { diagnoses } = await examine();

  expect(diagnoses.filter((one) => one.status === 'skipped').map((one) => one.check)).toEqual(
    expect.arrayContaining(['key', 'Kafka client', 'cluster', 'topics', 'secret', 'last run']),
  );
  expect(lambda.commandCalls(InvokeCommand)).toHaveLength(0);
});

test('names what still bills of a pipeline that is gone, and how to remove it', async () => {
  for (const id of STACKS) stackIs(id);
  jest
    .mocked(stillBilled)
    .mockResolvedValueOnce([{ what: 'a snapshot', dollarsAMonth: 2, remove: 'aws rds …' }]);

  const { diagnoses } = await examine();

  expect(diagnoses.at(-1)).toEqual({
    check: 'costs after a removal',
    status: 'warning',
    text: 'a snapshot',
    fix: 'aws rds …',
  });
});

test('shows for people each check on a line, and its fix below', async () => {
  stackIs('KafkaClient');

  const { stdout } = await runCommand(doctor, '--aws', '--user-id', 'ada');

  expect(stdout).toContain('✓ stack Network: CREATE_COMPLETE\n');
  expect(stdout).toContain('✗ stack KafkaClient: not deployed\n    fix: npm run deploy\n');
  expect(stdout).toContain('– key: fix first: stack KafkaClient\n');
  expect(stdout).toContain('\nBroken: stack KafkaClient.\n');
});

test('says what is wrong with the configuration before anything else', async () => {
  expect(await runCommand(doctor, '--aws', '-c', 'pipeline.kafka.brokers=4')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('pipeline.kafka.brokers is 4: allowed: a multiple of 3'),
  });
});

async function examine(): Promise<{ status: number; diagnoses: Diagnosis[] }> {
  const { status, stdout } = await runCommand(doctor, '--aws', '--user-id', 'ada', '--json');
  return { status, diagnoses: JSON.parse(stdout).diagnoses };
}

const outputsAre = (id: StackId, outputs: Readonly<Record<string, string>>): void =>
  stackIs(id, 'CREATE_COMPLETE', outputs);

/** @param state @default not deployed */
function stackIs(id: StackId, state?: string, outputs: Readonly<Record<string, string>> = {}): void {
  const StackName = nameOf('ada', id);
  const stack = cloudFormation.on(DescribeStacksCommand, { StackName });
  if (state === undefined) {
    stack.rejects(awsAnswer('ValidationError', `Stack with id ${StackName} does not exist`));
    return;
  }
  const Outputs = Object.values(OUTPUTS[id]).map((OutputKey) => ({
    OutputKey,
    OutputValue: outputs[OutputKey] ?? `the-${OutputKey}`,
  }));
  stack.resolves({
    Stacks: [{ StackName, CreationTime: new Date(0), StackStatus: state as 'CREATE_COMPLETE', Outputs }],
  });
}

function withoutDataSince(hours: number, AlarmName: string): void {
  cloudWatch.on(DescribeAlarmsCommand).resolves({
    MetricAlarms: [
      {
        AlarmName,
        AlarmDescription: 'What to do: lib/RUNBOOK.md',
        StateValue: 'INSUFFICIENT_DATA',
        StateUpdatedTimestamp: new Date(Date.now() - hours * 3_600_000),
      },
    ],
  });
}

const zonesAre = (...ids: readonly string[]): unknown =>
  ec2.on(DescribeAvailabilityZonesCommand).resolves({
    AvailabilityZones: ids.map((ZoneId) => ({ ZoneId, ZoneName: 'any', State: 'available' })),
  });

/** @param subnets the zone and the range of each */
function subnetsAre(...subnets: readonly string[]): void {
  cloudFormation.on(DescribeStackResourcesCommand).resolves({
    StackResources: subnets.map((PhysicalResourceId) => ({
      PhysicalResourceId,
      LogicalResourceId: 'any',
      ResourceType: 'AWS::EC2::Subnet',
      Timestamp: new Date(0),
      ResourceStatus: 'CREATE_COMPLETE',
    })),
  });
  ec2.on(DescribeSubnetsCommand).resolves({
    Subnets: subnets.map((subnet) => {
      const [AvailabilityZoneId, CidrBlock] = subnet.split(' ');
      return { AvailabilityZoneId, CidrBlock };
    }),
  });
}

/** In pages of one topic each. */
function topicsAre(names: readonly string[]): void {
  kafka.on(ListTopicsCommand).callsFake(({ NextToken = '0' }) => ({
    Topics: names.slice(Number(NextToken), Number(NextToken) + 1).map((TopicName) => ({ TopicName })),
    NextToken: Number(NextToken) + 1 < names.length ? String(Number(NextToken) + 1) : undefined,
  }));
}

function secretIs(username: string): void {
  secrets.on(GetSecretValueCommand).resolves({
    SecretString: JSON.stringify({ host: 'db', port: 3306, dbname: 'posts', username, password: 'p' }),
  });
}

function emitterFails(errorType: string, errorMessage: string): void {
  lambda
    .on(InvokeCommand)
    .resolves({ FunctionError: 'Unhandled', Payload: payload({ errorType, errorMessage }) });
}

function logged(...messages: readonly string[]): void {
  logs
    .on(FilterLogEventsCommand)
    .resolves({ events: messages.map((message) => ({ message, timestamp: 0 })) });
}

const payload = (value: unknown) => Buffer.from(JSON.stringify(value)) as never;
