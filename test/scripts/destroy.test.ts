import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeAddressesCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeDBSnapshotsCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { nameOf, STACKS } from '../../lib/names';
import type { Cdk } from '../../scripts/aws/cdk';
import { destroyWith } from '../../scripts/destroy';
import type { Ask } from '../../scripts/terminal/question';
import { awsAnswer } from '../support/aws-answer';
import { runCommand } from '../support/run-command';

const cloudFormation = mockClient(CloudFormationClient);
const logs = mockClient(CloudWatchLogsClient);
const ec2 = mockClient(EC2Client);
const rds = mockClient(RDSClient);
const ssm = mockClient(SSMClient);
const sts = mockClient(STSClient);

const cdk = jest.fn<ReturnType<Cdk>, Parameters<Cdk>>();
const ask = jest.fn<ReturnType<Ask>, Parameters<Ask>>();
const wait = jest.fn(async (_ms: number) => {});

const TAGS = [
  { Key: 'Pipeline', Value: 'pinterest-data-pipeline' },
  { Key: 'UserId', Value: 'ada' },
];

beforeEach(() => {
  for (const client of [cloudFormation, logs, ec2, rds, ssm, sts]) client.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '111122223333' });
  ssm.on(GetParameterCommand).rejects(awsAnswer('ParameterNotFound'));
  logs.on(DescribeLogGroupsCommand).resolves({});
  ec2.on(DescribeVolumesCommand).resolves({}).on(DescribeAddressesCommand).resolves({});
  rds.on(DescribeDBSnapshotsCommand).resolves({});
  cloudFormation.on(UpdateTerminationProtectionCommand).resolves({});
  databaseIs('AWS::RDS::DBInstance');
  for (const id of STACKS) stackIs(nameOf('ada', id), 'CREATE_COMPLETE');
  ask.mockReset().mockResolvedValue('ada');
  wait.mockClear();
  cdk.mockReset().mockImplementation(async () => {
    nothingIsDeployed();
    return 0;
  });
});

const run = (...argv: readonly string[]) =>
  runCommand(destroyWith({ cdk, ask, wait }), '--aws', '--user-id', 'ada', ...argv);

function stackIs(StackName: string, StackStatus: 'CREATE_COMPLETE' | 'DELETE_FAILED'): void {
  cloudFormation.on(DescribeStacksCommand, { StackName }).resolves({
    Stacks: [
      {
        StackName,
        StackStatus,
        CreationTime: new Date(0),
        EnableTerminationProtection: /KafkaCluster|RdsAccess/.test(StackName),
      },
    ],
  });
}

function nothingIsDeployed(): void {
  cloudFormation.reset();
  cloudFormation
    .on(DescribeStacksCommand)
    .rejects(awsAnswer('ValidationError', 'Stack with id x does not exist'));
}

function databaseIs(ResourceType: string): void {
  cloudFormation.on(DescribeStackResourcesCommand).resolves({
    StackResources: [
      { ResourceType, LogicalResourceId: 'x', Timestamp: new Date(0), ResourceStatus: 'CREATE_COMPLETE' },
    ],
  });
}

const unprotected = () =>
  cloudFormation.commandCalls(UpdateTerminationProtectionCommand).map(({ args }) => args[0].input.StackName);

test('names what will be lost, asks for the user id, and destroys all stacks', async () => {
  let protectionTakenOff: unknown;
  cdk.mockImplementation(async () => {
    protectionTakenOff = unprotected();
    nothingIsDeployed();
    return 0;
  });

  const { status, stdout, stderr } = await run();

  expect(status).toBe(0);
  expect(stderr).toContain(
    'Pinterest-ada-KafkaCluster: the topics ada.pin, ada.geo, ada.user, ada.dead-letter with all their records, and the checkpoint',
  );
  expect(stderr).toContain('Pinterest-ada-RdsAccess: the database; a snapshot of it stays, and is billed');
  expect(ask).toHaveBeenCalledWith('Type the user id, ada, to destroy it: ');
  expect(protectionTakenOff).toEqual(['Pinterest-ada-KafkaCluster', 'Pinterest-ada-RdsAccess']);
  expect(cdk.mock.calls.map(([, args]) => args)).toEqual([
    ['destroy', '--all', '--force', '--context', 'pipeline.userId=ada'],
  ]);
  expect(stdout).toBe('Nothing of this pipeline is billed any more.\n');
});

test('says of a database of somebody else that it stays', async () => {
  databaseIs('AWS::EC2::VPCPeeringConnection');

  const { stderr } = await run();

  expect(stderr).toContain(
    'Pinterest-ada-RdsAccess: the secret with the login; the database that it opens stays as it is',
  );
});

test.each(['', 'y', 'bob'])('destroys nothing when "%s" is typed', async (answer) => {
  ask.mockResolvedValue(answer);

  const { status, stderr } = await run();

  expect(status).toBe(1);
  expect(stderr).toContain('Nothing was destroyed.');
  expect(unprotected()).toEqual([]);
  expect(cdk).not.toHaveBeenCalled();
});

test('refuses where there is nobody to ask', async () => {
  ask.mockResolvedValue(undefined);

  const { status, stderr } = await run();

  expect(status).toBe(2);
  expect(stderr).toContain('--yes destroys without asking');
  expect(cdk).not.toHaveBeenCalled();
});

test('does not ask with --yes', async () => {
  await expect(run('--yes')).resolves.toMatchObject({ status: 0 });

  expect(ask).not.toHaveBeenCalled();
  expect(cdk).toHaveBeenCalledTimes(1);
});

test('has nothing to destroy where nothing is deployed, and says what is billed all the same', async () => {
  nothingIsDeployed();

  const { status, stdout, stderr } = await run();

  expect(status).toBe(0);
  expect(stderr).toContain('Nothing of ada is deployed in the account 111122223333.');
  expect(stdout).toBe('Nothing of this pipeline is billed any more.\n');
  expect(cdk).not.toHaveBeenCalled();
});

test('ends with the status of the CDK CLI, and names the stack that is left', async () => {
  cdk.mockImplementation(async () => {
    nothingIsDeployed();
    stackIs('Pinterest-ada-Network', 'DELETE_FAILED');
    cloudFormation.on(DescribeStackResourcesCommand).resolves({});
    return 1;
  });

  const { status, stdout } = await run();

  expect(status).toBe(1);
  expect(stdout).toContain('What is left of the stack Pinterest-ada-Network (DELETE_FAILED)');
});

describe('while network interfaces of deleted functions and brokers are still there', () => {
  const stillUsed = (ResourceStatusReason: string): void => {
    nothingIsDeployed();
    stackIs('Pinterest-ada-Network', 'DELETE_FAILED');
    cloudFormation.on(DescribeStackResourcesCommand).resolves({
      StackResources: [
        {
          ResourceType: 'AWS::EC2::Subnet',
          LogicalResourceId: 'VpcIsolatedAz1Subnet',
          Timestamp: new Date(0),
          ResourceStatus: 'DELETE_FAILED',
          ResourceStatusReason,
        },
      ],
    });
  };
  const DEPENDENCY = "The subnet 'subnet-1' has dependencies and cannot be deleted.";

  test('waits, and destroys what is left', async () => {
    cdk.mockImplementationOnce(async () => {
      stillUsed(DEPENDENCY);
      return 1;
    });

    const { status, stderr } = await run('--yes');

    expect(status).toBe(0);
    expect(stderr).toContain('Trying again in 5 minutes');
    expect(wait.mock.calls).toEqual([[300_000]]);
    expect(cdk).toHaveBeenCalledTimes(2);
  });

  test('gives up after half an hour', async () => {
    cdk.mockImplementation(async () => {
      stillUsed(DEPENDENCY);
      return 1;
    });

    await expect(run('--yes')).resolves.toMatchObject({ status: 1 });
    expect(wait).toHaveBeenCalledTimes(6);
  });

  test('does not wait for anything else', async () => {
    cdk.mockImplementation(async () => {
      stillUsed('User is not authorized to perform: ec2:DeleteSubnet');
      return 1;
    });

    await expect(run('--yes')).resolves.toMatchObject({ status: 1 });
    expect(wait).not.toHaveBeenCalled();
  });
});

describe('what is still billed', () => {
  test('is the snapshot of the database, and no other', async () => {
    rds
      .on(DescribeDBSnapshotsCommand, { SnapshotType: 'manual' })
      .resolves({
        DBSnapshots: [{ DBSnapshotIdentifier: 'of-bob', AllocatedStorage: 20, TagList: [] }],
        Marker: 'more',
      })
      .on(DescribeDBSnapshotsCommand, { SnapshotType: 'manual', Marker: 'more' })
      .resolves({ DBSnapshots: [{ DBSnapshotIdentifier: 'of-ada', AllocatedStorage: 20, TagList: TAGS }] });

    const { stdout } = await run();

    expect(stdout).toBe(
      [
        'Still billed, each with the command that removes it:',
        '  Snapshot of-ada of a database of 20 GiB, at most $1.90 a month',
        '    aws rds delete-db-snapshot --region us-east-1 --db-snapshot-identifier of-ada',
        '',
      ].join('\n'),
    );
  });

  test('are logs, volumes and addresses that nothing uses', async () => {
    logs
      .on(DescribeLogGroupsCommand, { logGroupNamePrefix: 'Pinterest-ada-Emitter-' })
      .resolves({ logGroups: [{ logGroupName: 'Pinterest-ada-Emitter-Logs', storedBytes: 2 ** 30 }] });
    ec2
      .on(DescribeVolumesCommand)
      .resolves({ Volumes: [{ VolumeId: 'vol-1', Size: 16 }] })
      .on(DescribeAddressesCommand)
      .resolves({
        Addresses: [
          { PublicIp: '203.0.113.7', AllocationId: 'eipalloc-1' },
          { PublicIp: '203.0.113.8', AllocationId: 'eipalloc-2', AssociationId: 'eipassoc-2' },
        ],
      });

    const { stdout } = await run('--json');

    expect(JSON.parse(stdout)).toEqual([
      {
        what: 'Log group Pinterest-ada-Emitter-Logs',
        dollarsAMonth: 0.03,
        remove: "aws logs delete-log-group --region us-east-1 --log-group-name 'Pinterest-ada-Emitter-Logs'",
      },
      {
        what: 'Volume vol-1 of 16 GiB',
        dollarsAMonth: 1.28,
        remove: 'aws ec2 delete-volume --region us-east-1 --volume-id vol-1',
      },
      {
        what: 'Public address 203.0.113.7',
        dollarsAMonth: 3.65,
        remove: 'aws ec2 release-address --region us-east-1 --allocation-id eipalloc-1',
      },
    ]);
    expect(ec2.commandCalls(DescribeVolumesCommand)[0]?.args[0].input.Filters).toEqual([
      { Name: 'tag:Pipeline', Values: ['pinterest-data-pipeline'] },
      { Name: 'tag:UserId', Values: ['ada'] },
      { Name: 'status', Values: ['available'] },
    ]);
  });

  test('is the bucket of "cdk bootstrap", once no stack is left', async () => {
    ssm.on(GetParameterCommand).resolves({});

    const { stdout } = await run();

    expect(stdout).toContain('bucket cdk-hnb659fds-assets-111122223333-us-east-1');
    expect(stdout).toContain('npx cdk gc aws://111122223333/us-east-1 --unstable=gc');
  });

  test('are not the logs of a stack that is there', async () => {
    logs
      .on(DescribeLogGroupsCommand, { logGroupNamePrefix: 'Pinterest-ada-Network-' })
      .resolves({ logGroups: [{ logGroupName: 'Pinterest-ada-Network-FlowLogs' }] });
    cdk.mockResolvedValue(0);

    const { stdout } = await run();

    expect(stdout).toBe('Nothing of this pipeline is billed any more.\n');
  });

  test('cannot be told to one who may not see it', async () => {
    rds.on(DescribeDBSnapshotsCommand).rejects(awsAnswer('AccessDenied'));

    const { status, stderr } = await run();

    expect(status).toBe(2);
    expect(stderr).toContain('These AWS credentials may not rds:DescribeDBSnapshots.');
  });
});

test.each([
  [['--purge'], "unknown option '--purge'"],
  [['-c', 'pipeline.colour=blue'], 'pipeline.colour is "blue"'],
])('says what is wrong with %j', async (argv, message) => {
  const { status, stderr } = await run(...argv);

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(cdk).not.toHaveBeenCalled();
});

test('has an example in its help', async () => {
  const { stdout } = await run('--help');

  expect(stdout).toContain('Examples:\n  npm run destroy');
});
