import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterV2Command, KafkaClient } from '@aws-sdk/client-kafka';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { accountPlan } from '../../scripts/aws/account-plan';
import type { Cdk } from '../../scripts/aws/cdk';
import { deployWith } from '../../scripts/deploy';
import { awsAnswer } from '../support/aws-answer';
import { runCommand } from '../support/run-command';

jest.mock('../../scripts/aws/account-plan', () => ({ accountPlan: jest.fn(async () => 'PAID') }));

const cloudFormation = mockClient(CloudFormationClient);
const ec2 = mockClient(EC2Client);
const kafka = mockClient(KafkaClient);
const lambda = mockClient(LambdaClient);
const ssm = mockClient(SSMClient);
const sts = mockClient(STSClient);

const cdk = jest.fn<ReturnType<Cdk>, Parameters<Cdk>>();

beforeEach(() => {
  for (const client of [cloudFormation, ec2, kafka, lambda, ssm, sts]) client.reset();
  concurrencyIs(1000);
  sts.on(GetCallerIdentityCommand).resolves({ Account: '111122223333' });
  ssm.on(GetParameterCommand).resolves({});
  cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsAnswer('ValidationError', 'Stack with id x does not exist'));
  cdk.mockReset().mockResolvedValue(0);
});

const run = (...argv: readonly string[]) =>
  runCommand(deployWith({ cdk, ask: async () => undefined }), '--aws', '--user-id', 'ada', ...argv);

const concurrencyIs = (executions: number): unknown =>
  lambda.on(GetAccountSettingsCommand).resolves({
    AccountLimit: { ConcurrentExecutions: executions, UnreservedConcurrentExecutions: executions },
  });

function networkIsIn(AvailabilityZoneId: string, CidrBlock: string): void {
  const StackName = 'Pinterest-ada-Network';
  cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
    Stacks: [{ StackName, StackStatus: 'CREATE_COMPLETE', CreationTime: new Date(0) }],
  });
  cloudFormation.on(DescribeStackResourcesCommand).resolves({
    StackResources: [
      {
        PhysicalResourceId: 'subnet-1',
        LogicalResourceId: 'VpcPublicAz1Subnet',
        ResourceType: 'AWS::EC2::Subnet',
        Timestamp: new Date(0),
        ResourceStatus: 'CREATE_COMPLETE',
      },
    ],
  });
  ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ AvailabilityZoneId, CidrBlock }] });
}

function clusterIs({ volumeGiB, brokers }: { volumeGiB: number; brokers: number }): void {
  const StackName = 'Pinterest-ada-KafkaCluster';
  cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
    Stacks: [
      {
        StackName,
        StackStatus: 'CREATE_COMPLETE',
        CreationTime: new Date(0),
        Outputs: [{ OutputKey: 'ClusterArn', OutputValue: 'arn' }],
      },
    ],
  });
  kafka.on(DescribeClusterV2Command).resolves({
    ClusterInfo: {
      Provisioned: {
        NumberOfBrokerNodes: brokers,
        EnhancedMonitoring: 'DEFAULT',
        CurrentBrokerSoftwareInfo: { KafkaVersion: '3.9.x.kraft' },
        BrokerNodeGroupInfo: {
          ClientSubnets: [],
          InstanceType: 'kafka.t3.small',
          StorageInfo: { EbsStorageInfo: { VolumeSize: volumeGiB } },
        },
      },
    },
  });
}

test.each<[string, () => unknown, readonly string[], string]>([
  [
    'more shards than the account may run at once',
    () => concurrencyIs(5),
    ['-c', 'pipeline.emitter.shards=8', '-c', 'pipeline.emitter.timeoutSeconds=180'],
    'pipeline.emitter.shards is 8: allowed: at most 4',
  ],
  [
    'a week of backups on the free plan',
    () => jest.mocked(accountPlan).mockResolvedValueOnce('FREE'),
    [],
    'pipeline.database.backupDays is 7: allowed: 1',
  ],
  [
    'other zones than those of the deployed network',
    () => networkIsIn('use1-az6', '10.20.4.0/24'),
    [],
    'pipeline.availabilityZoneIds is ["use1-az1","use1-az2","use1-az4"], but the network is deployed in the zones use1-az6',
  ],
  [
    'another range than that of the deployed network',
    () => networkIsIn('use1-az1', '10.9.0.0/24'),
    [],
    'pipeline.vpcCidr is "10.20.0.0/20", but the network is deployed with other ranges (10.9.0.0/24)',
  ],
])('refuses %s', async (_, prepare, args, message) => {
  prepare();

  const { status, stderr } = await run('--yes', ...args);

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(cdk).not.toHaveBeenCalled();
});

test('refuses two changes of the cluster at once, and says which to make first', async () => {
  clusterIs({ volumeGiB: 10, brokers: 3 });

  const { status, stderr } = await run(
    ...['--yes', '-c', 'pipeline.kafka.brokers=6', '-c', 'pipeline.kafka.volumeGiB=20'],
  );

  expect(status).toBe(2);
  expect(stderr).toContain(
    'pipeline.kafka.volumeGiB is 20 (deployed: 10), pipeline.kafka.brokers is 6 (deployed: 3): MSK changes one attribute of a cluster at a time. Deploy kafka.volumeGiB first: npm run deploy -- -c pipeline.kafka.brokers=3',
  );
  expect(cdk).not.toHaveBeenCalled();
});

test('accepts one change of the cluster', async () => {
  clusterIs({ volumeGiB: 10, brokers: 3 });

  await expect(run('--yes', '-c', 'pipeline.kafka.brokers=6')).resolves.toMatchObject({ status: 0 });
});

test('accepts one day of backups on the free plan', async () => {
  jest.mocked(accountPlan).mockResolvedValueOnce('FREE');

  await expect(run('--yes', '-c', 'pipeline.database.backupDays=1')).resolves.toMatchObject({ status: 0 });
});

test('accepts the zones and ranges of the deployed network', async () => {
  networkIsIn('use1-az4', '10.20.7.0/24');

  await expect(run('--yes')).resolves.toMatchObject({ status: 0 });
});

test('says that a new account is likely to refuse much memory, and deploys', async () => {
  concurrencyIs(10);

  const { status, stderr } = await run('--yes', '-c', 'pipeline.emitter.memoryMB=4096');

  expect(status).toBe(0);
  expect(stderr).toContain(
    'AWS may refuse this: pipeline.emitter.memoryMB is 4096: allowed in a new account: at most 3008',
  );
});
