import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeKeyPairsCommand,
  DescribeNatGatewaysCommand,
  DescribeVpcPeeringConnectionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeParametersCommand, GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createConnection } from 'mysql2/promise';
import { addSamplePosts } from '../../lambda/sample-loader/load-sample-tables';
import { readCredentialsFile } from '../../lambda/shared/database-login';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { topicsOf } from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import { verifyPipeline } from '../../lambda/verifier/verify-pipeline';
import {
  DIRECTORY_VARIABLE,
  type EmulatedDeployment,
  runningDeployment,
} from '../../scripts/aws/emulated-deployment';
import { runCdk } from '../../scripts/emulator/cdk';
import type { DeploymentDescription } from '../../scripts/emulator/describe-deployment';
import { destroyDeployment } from '../../scripts/emulator/destroy';
import { commandLineOf } from '../../scripts/machine/command-line-of';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { silentProgress } from '../../scripts/terminal/progress';
import { testKafka, withAdmin } from '../support/servers';
import { TestStack } from './support/cloud-formation';
import { processesIn, runCommandProcess, startCommand } from './support/command-process';

jest.setTimeout(240_000);

const USER_ID = 'emulated';
const ROWS = 1_000;
const CONFIGURATION = [
  '--context=pipeline.database.mode=provisioned',
  `--context=pipeline.database.sampleRows=${ROWS}`,
  // The most often that the schedule runs.
  '--context=pipeline.emitter.everyMinutes=2',
  '--context=pipeline.emitter.timeoutSeconds=60',
];

/** Its own, so that a developer's deployment goes on beside the tests. */
const directory = path.join(LOCAL_DIRECTORY, 'test-deployment', String(process.pid));
const run = (script: string, ...args: readonly string[]) => runCommandProcess(directory, script, ...args);

let description: DeploymentDescription;
let deployment: EmulatedDeployment;
let deployedAt: number;

/** How the clients of the SDK reach the emulator. */
const client = () => {
  const { endpoint, region, accessKeyId, secretAccessKey } = deployment;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
};
const kafka = () => testKafka(description.bootstrapServers.split(','));

beforeAll(async () => {
  process.env[DIRECTORY_VARIABLE] = directory;
  const { status, stdout, stderr } = await run(
    'deploy-local',
    '--json',
    `--user-id=${USER_ID}`,
    ...CONFIGURATION,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('✓ Deploying Emitter') });
  deployedAt = Date.now();
  description = JSON.parse(stdout);
  deployment = runningDeployment(directory) as EmulatedDeployment;
});

afterAll(async () => {
  await run('destroy-local');
  rmSync(directory, { recursive: true, force: true });
});

describe('npm run deploy:local', () => {
  test('deploys all five stacks and says how to reach them', async () => {
    expect(description).toMatchObject({
      userId: USER_ID,
      endpoint: deployment.endpoint,
      region: 'us-east-1',
    });
    expect(description.stacks.map((stack) => stack.replace(/.*-/, ''))).toEqual([
      'Network',
      'KafkaCluster',
      'RdsAccess',
      'Emitter',
      'KafkaClient',
    ]);
    expect(await statuses()).toEqual(description.stacks.map(() => 'CREATE_COMPLETE'));
  });

  test('keeps logins to itself', async () => {
    const files = readdirSync(directory).filter((name) => /\.(json|yaml|log)$/.test(name));
    expect(files).toEqual(expect.arrayContaining(['deployment.json', 'owner_db_creds.yaml']));
    expect(files.map((name) => statSync(path.join(directory, name)).mode & 0o077)).toEqual(
      files.map(() => 0),
    );
    const { password } = await readCredentialsFile(deployment.ownerCreds);
    const texts = readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(json|log|sql|cnf|properties)$/.test(name))
      .map((name) => readFileSync(path.join(directory, name), 'utf8'));
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.filter((text) => text.includes(password) || text.includes('PRIVATE KEY'))).toEqual([]);
  });

  test('makes the topics in a real Kafka', async () => {
    expect(await partitions()).toEqual(Object.fromEntries(topicsOf(USER_ID).map((topic) => [topic, 3])));
  });

  test('fills the tables in a real MariaDB', async () => {
    const connection = await createConnection({ ...(await readCredentialsFile(deployment.ownerCreds)) });
    const [[counts]] = (await connection.query(
      'SELECT (SELECT COUNT(*) FROM pinterest_data) pin, (SELECT COUNT(*) FROM geolocation_data) geo, (SELECT COUNT(*) FROM user_data) user',
    )) as unknown as [[Record<string, number>]];
    await connection.end();
    expect(counts).toEqual({ pin: ROWS, geo: ROWS, user: ROWS });
  });

  test('makes a real key pair, with the fingerprint that EC2 gives', async () => {
    const ec2 = new EC2Client(client());
    const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({ KeyNames: [description.keyPairName] }));
    const key = await privateKey(KeyPairs?.[0]?.KeyPairId);

    expect(KeyPairs).toMatchObject([{ KeyName: `${USER_ID}-key-pair`, KeyType: 'ed25519' }]);
    const [, publicKey = ''] = sshKeygen(key, '-y').split(' ');
    const fingerprint = createHash('sha256').update(publicKey, 'base64').digest('base64');
    expect(KeyPairs?.[0]?.KeyFingerprint).toBe(fingerprint);
  });

  test('describes alarms of metric math, which it does not evaluate', async () => {
    const { MetricAlarms = [] } = await new CloudWatchClient(client()).send(new DescribeAlarmsCommand({}));
    const cpu = MetricAlarms.find(({ AlarmName }) => /short of CPU/.test(AlarmName ?? ''));

    expect(MetricAlarms).toHaveLength(16);
    expect(cpu?.StateValue).toBe('INSUFFICIENT_DATA');
    expect(cpu).not.toHaveProperty('MetricName');
    expect(cpu?.Metrics?.find(({ ReturnData }) => ReturnData !== false)?.Expression).toBe(
      'MIN([broker1,broker2,broker3])',
    );
  });
});

describe('the deployed emitter', () => {
  test('writes every row when it is invoked, and logs', async () => {
    const answer = await invoke();

    expect(answer.FunctionError).toBeUndefined();
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({
      emitted: { pin: ROWS, geo: ROWS, user: ROWS },
      caughtUp: true,
    });
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toContain('"caughtUp":true');
    expect(await runsInLog()).toBe(1);
    expect(await verification()).toMatchObject({ equal: true });
  });

  test('tells the name of its error', async () => {
    const { FunctionError, Payload } = await invoke({ limit: 0 });

    expect(FunctionError).toBe('Unhandled');
    expect(JSON.parse(Buffer.from(Payload ?? []).toString())).toMatchObject({
      errorType: 'ConfigurationError',
      errorMessage: expect.stringContaining('limit'),
    });
  });

  test('keeps the variables of its template, whatever its process is told', async () => {
    const { Environment } = await new LambdaClient(client()).send(
      new GetFunctionConfigurationCommand({ FunctionName: description.functionName }),
    );
    expect(Environment?.Variables).toMatchObject({ KAFKA_AUTHENTICATION: 'iam' });
    expect(Environment?.Variables).not.toHaveProperty('DATABASE_TLS');
  });

  test('is given more rows, which nobody invokes it for', async () => {
    await addSamplePosts(await readCredentialsFile(deployment.ownerCreds), 10);

    expect(await verification()).toMatchObject({ equal: false });
  });

  describe('meanwhile, the emulator', () => {
    test('refuses a property that it does not know, at any depth', async () => {
      const stack = new TestStack(new CloudFormationClient(client()), 'unknown-property');
      const { status, reasons } = await stack.create({
        Machine: {
          Type: 'AWS::EC2::Instance',
          Properties: { ImageId: 'ami-1', NetworkInterfaces: [{ SubnetId: 'subnet-1', Colour: 'red' }] },
        },
      });

      expect(status).toBe('ROLLBACK_COMPLETE');
      expect(reasons.join()).toContain('AWS::EC2::Instance: unknown property NetworkInterfaces.Colour.');
      await stack.delete();
    });

    test('has no brokers where MSK has none', async () => {
      const { AvailabilityZones = [] } = await new EC2Client(client()).send(
        new DescribeAvailabilityZonesCommand({}),
      );
      const without = AvailabilityZones.find(({ ZoneId }) => ZoneId === 'use1-az3')?.ZoneName;
      const subnet = (AvailabilityZone: string | undefined, CidrBlock: string) => ({
        Type: 'AWS::EC2::Subnet',
        Properties: { VpcId: { Ref: 'Vpc' }, AvailabilityZone, CidrBlock },
      });
      const stack = new TestStack(new CloudFormationClient(client()), 'zones');
      const { status, reasons } = await stack.create({
        Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.1.0.0/16' } },
        First: subnet('us-east-1a', '10.1.1.0/24'),
        Second: subnet(without, '10.1.2.0/24'),
        Cluster: {
          Type: 'AWS::MSK::Cluster',
          Properties: {
            ClusterName: 'zones',
            KafkaVersion: '3.9.x.kraft',
            NumberOfBrokerNodes: 2,
            BrokerNodeGroupInfo: {
              InstanceType: 'kafka.t3.small',
              ClientSubnets: [{ Ref: 'First' }, { Ref: 'Second' }],
            },
          },
        },
      });

      expect(status).toBe('ROLLBACK_COMPLETE');
      expect(reasons.join()).toContain('no broker can be in the zone with the id use1-az3');
      await stack.delete();
    });

    test('refuses subnets whose ranges overlap', async () => {
      const subnet = (AvailabilityZoneId: string, CidrBlock: string) => ({
        Type: 'AWS::EC2::Subnet',
        Properties: { VpcId: { Ref: 'Vpc' }, AvailabilityZoneId, CidrBlock },
      });
      const stack = new TestStack(new CloudFormationClient(client()), 'overlap');
      const { status, reasons } = await stack.create({
        Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.2.0.0/16' } },
        One: subnet('use1-az1', '10.2.0.0/23'),
        Other: { ...subnet('use1-az6', '10.2.1.0/24'), DependsOn: 'One' },
      });

      expect(status).toBe('ROLLBACK_COMPLETE');
      expect(reasons.join()).toContain("The CIDR '10.2.1.0/24' conflicts with another subnet");
      await stack.delete();
    });

    test('refuses two changes of a cluster at once', async () => {
      const subnet = (AvailabilityZoneId: string, CidrBlock: string) => ({
        Type: 'AWS::EC2::Subnet',
        Properties: { VpcId: { Ref: 'Vpc' }, AvailabilityZoneId, CidrBlock },
      });
      const stack = new TestStack(new CloudFormationClient(client()), 'changes');
      const cluster = (NumberOfBrokerNodes: number, VolumeSize: number) => ({
        Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.3.0.0/16' } },
        One: subnet('use1-az1', '10.3.1.0/24'),
        Other: subnet('use1-az6', '10.3.2.0/24'),
        Cluster: {
          Type: 'AWS::MSK::Cluster',
          Properties: {
            ClusterName: 'changes',
            KafkaVersion: '3.9.x.kraft',
            NumberOfBrokerNodes,
            BrokerNodeGroupInfo: {
              InstanceType: 'kafka.t3.small',
              ClientSubnets: [{ Ref: 'One' }, { Ref: 'Other' }],
              StorageInfo: { EBSStorageInfo: { VolumeSize } },
            },
          },
        },
      });

      expect((await stack.create(cluster(2, 10))).status).toBe('CREATE_COMPLETE');
      const { status, reasons } = await stack.update(cluster(4, 20));
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(reasons.join()).toContain(
        'multiple attributes of the cluster at once: broker count, broker storage',
      );
      expect((await stack.update(cluster(2, 20))).status).toBe('UPDATE_COMPLETE');
      await stack.delete();
    });

    test('makes RSA keys as well', async () => {
      const stack = new TestStack(new CloudFormationClient(client()), 'rsa');
      const { status } = await stack.create({
        Key: { Type: 'AWS::EC2::KeyPair', Properties: { KeyName: 'rsa' } },
      });
      const { KeyPairs } = await new EC2Client(client()).send(
        new DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: ['rsa'] }] }),
      );
      const key = createPrivateKey(await privateKey(KeyPairs?.[0]?.KeyPairId));
      const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });

      expect(status).toBe('CREATE_COMPLETE');
      expect(KeyPairs?.[0]?.KeyFingerprint?.replaceAll(':', '')).toBe(
        createHash('sha1').update(pkcs8).digest('hex'),
      );
      await stack.delete();
    });

    test('lets a topic have more partitions, and not fewer', async () => {
      const stack = new TestStack(new CloudFormationClient(client()), 'topic');
      const topic = (PartitionCount: number) => ({
        Topic: {
          Type: 'AWS::MSK::Topic',
          Properties: { ClusterArn: clusterArn, TopicName: 'other', PartitionCount, ReplicationFactor: 3 },
        },
      });
      const clusterArn = await outputOf('KafkaCluster', 'ClusterArn');

      expect((await stack.create(topic(1))).status).toBe('CREATE_COMPLETE');
      expect((await stack.update(topic(2))).status).toBe('UPDATE_COMPLETE');
      expect(await partitions()).toMatchObject({ other: 2 });
      const { status, reasons } = await stack.update(topic(1));
      expect(status).toBe('UPDATE_ROLLBACK_COMPLETE');
      expect(reasons.join()).toContain('PartitionCount cannot become less');
      await stack.delete();
      expect(await partitions()).not.toHaveProperty('other');
    });

    test('takes the ways to a database that is there already', async () => {
      const ec2 = new EC2Client(client());
      const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.99.0.0/16' }));
      const VpcId = Vpc?.VpcId as string;
      const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
      const { GroupId } = await ec2.send(
        new CreateSecurityGroupCommand({ VpcId, GroupName: 'database', Description: 'database' }),
      );
      const existing = { mode: 'existing', host: '127.0.0.1', name: 'posts' };
      const peered = {
        cidr: '10.99.0.0/16',
        routeTableIds: [RouteTable?.RouteTableId],
        securityGroupId: GroupId,
      };

      await withAccess('internet', { ...existing, reach: { via: 'internet' } }, async () => {
        const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({}));
        expect(NatGateways).toMatchObject([{ State: 'available' }]);
      });
      await withAccess(
        'peered',
        { ...existing, reach: { via: 'vpc', vpcId: VpcId, ...peered } },
        async () => {
          const { VpcPeeringConnections } = await ec2.send(new DescribeVpcPeeringConnectionsCommand({}));
          expect(VpcPeeringConnections).toMatchObject([
            {
              Status: { Code: 'active' },
              AccepterVpcInfo: { PeeringOptions: { AllowDnsResolutionFromRemoteVpc: true } },
            },
          ]);
        },
      );
    });
  });

  describe('meanwhile, deploying to another emulator', () => {
    const other = `${directory}-other`;

    afterEach(() => rmSync(other, { recursive: true }));

    test('leaves nothing behind when it is interrupted', async () => {
      const command = startCommand(other, 'deploy-local');
      await command.says('✓ Bootstrapping');
      expect(processesIn(other).length).toBeGreaterThanOrEqual(4);
      command.process.kill('SIGINT');

      expect(await command.outcome).toMatchObject({ status: 130 });
      expect(processesIn(other)).toEqual([]);
    });

    test('leaves nothing behind when the emulator dies', async () => {
      const command = startCommand(other, 'deploy-local');
      await command.says('✓ Kafka, MariaDB and the emulator are ready');
      for (const pid of processesIn(other)) {
        if (/host\.ts|launch\.py/.test(commandLineOf(pid))) process.kill(pid, 'SIGKILL');
      }

      expect(await command.outcome).toMatchObject({ status: 2, stdout: '' });
      expect(processesIn(other)).toEqual([]);
    });
  });

  test('runs on its schedule, and writes the rows that came meanwhile', async () => {
    while ((await runsInLog()) < 2) {
      expect(Date.now() - deployedAt).toBeLessThan(150_000);
      await delay(1_000);
    }

    expect(await verification()).toMatchObject({ equal: true });
  });
});

describe('npm run deploy:local, once more', () => {
  test('updates the deployment that runs', async () => {
    const { status } = await run(
      ...['deploy-local', '--context=pipeline.emitter.everyMinutes=3', '--context=pipeline.emitter.shards=2'],
    );

    expect(status).toBe(0);
    expect(runningDeployment(directory)).toMatchObject({ pid: deployment.pid, userId: USER_ID });
    const scheduler = new SchedulerClient(client());
    const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
    const schedules = await Promise.all(
      Schedules.map(({ Name, GroupName }) => scheduler.send(new GetScheduleCommand({ Name, GroupName }))),
    );
    expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual([
      'rate(3 minutes)',
      'rate(3 minutes)',
    ]);
    expect(schedules.map(({ Target }) => Target?.Input).sort()).toEqual(['{"shard":1}', '{}']);
  });

  test('runs all shards that it has now', async () => {
    const { status, stdout } = await run('emit', '--json');

    expect(status).toBe(0);
    expect(JSON.parse(stdout).summaries).toMatchObject([
      { shard: 0, caughtUp: true },
      { shard: 1, caughtUp: true },
    ]);
  });

  test('refuses to put the pipeline of somebody else beside it', async () => {
    const { status, stderr } = await run('deploy-local', '--user-id=somebody-else');

    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining(`The emulator has the pipeline of ${USER_ID}.`),
    });
  });

  test('leaves the deployment as it is when it fails', async () => {
    const { status, stderr } = await run('deploy-local', '--context=pipeline.emitter.everyMinutes=1');

    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('pipeline.emitter.everyMinutes is 1'),
    });
    expect(runningDeployment(directory)).toMatchObject({ pid: deployment.pid });
  });
});

describe('npm run destroy:local', () => {
  test('leaves no stack, no topic and no key', async () => {
    await destroyDeployment(deployment, directory, silentProgress);

    expect(await statuses()).toEqual([]);
    expect(await partitions()).toEqual({});
    const { Parameters } = await new SSMClient(client()).send(new DescribeParametersCommand({}));
    expect(Parameters?.filter(({ Name }) => Name?.startsWith('/ec2/keypair/'))).toEqual([]);
  });

  test('leaves no process and no file with a login', async () => {
    expect(processesIn(directory).length).toBeGreaterThanOrEqual(4);
    const { status, stdout } = await run('destroy-local');

    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `The pipeline of ${USER_ID} and its emulator are gone.\n`,
    });
    expect(processesIn(directory)).toEqual([]);
    expect(runningDeployment(directory)).toBeUndefined();
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(
      files.filter((name) => !/^(cdk-\w+\.log|host\.log|(commands\/)?lock(-journal)?)$/.test(name)),
    ).toEqual(['commands']);
  });

  test('is content where nothing is deployed', async () => {
    expect(await run('destroy-local')).toMatchObject({
      status: 0,
      stdout: 'Nothing is deployed to an emulator on this machine.\n',
    });
  });
});

/** Of the stacks of the pipeline that are there. */
async function statuses(): Promise<(string | undefined)[]> {
  const { Stacks = [] } = await new CloudFormationClient(client()).send(new DescribeStacksCommand({}));
  const known = new Map(Stacks.map(({ StackName, StackStatus }) => [StackName, StackStatus]));
  return description.stacks.filter((name) => known.has(name)).map((name) => known.get(name));
}

async function outputOf(stack: string, name: string): Promise<string | undefined> {
  const { Stacks } = await new CloudFormationClient(client()).send(
    new DescribeStacksCommand({ StackName: `Pinterest-${USER_ID}-${stack}` }),
  );
  return Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
}

/** The number of partitions of each topic that the broker has. */
const partitions = (): Promise<Record<string, number>> =>
  withAdmin(async (admin) => {
    const { topics } = await admin.fetchTopicMetadata();
    return Object.fromEntries(
      topics
        .filter(({ name }) => !name.startsWith('__'))
        .map(({ name, partitions }) => [name, partitions.length]),
    );
  }, kafka());

async function privateKey(keyPairId: string | undefined): Promise<string> {
  const { Parameter } = await new SSMClient(client()).send(
    new GetParameterCommand({ Name: `/ec2/keypair/${keyPairId}`, WithDecryption: true }),
  );
  expect(Parameter?.Type).toBe('SecureString');
  return Parameter?.Value as string;
}

function sshKeygen(key: string, ...args: readonly string[]): string {
  const file = path.join(directory, 'key');
  writeFileSync(file, key, { mode: 0o600 });
  try {
    return execFileSync('ssh-keygen', [...args, '-f', file], { encoding: 'utf8' });
  } finally {
    rmSync(file);
  }
}

const invoke = (event: object = {}) =>
  new LambdaClient({ ...client(), maxAttempts: 1 }).send(
    new InvokeCommand({
      FunctionName: description.functionName,
      LogType: 'Tail',
      Payload: JSON.stringify(event),
    }),
  );

/** How many runs have logged that they ended well. */
async function runsInLog(): Promise<number> {
  const { LoggingConfig } = await new LambdaClient(client()).send(
    new GetFunctionConfigurationCommand({ FunctionName: description.functionName }),
  );
  const { events = [] } = await new CloudWatchLogsClient(client()).send(
    new FilterLogEventsCommand({
      logGroupName: LoggingConfig?.LogGroup,
      filterPattern: '"Run ended" -"dryRun"',
    }),
  );
  return events.length;
}

async function verification(): Promise<VerificationReport> {
  const login = await readCredentialsFile(deployment.ownerCreds);
  const database = await connectToDatabase(login, 'off');
  try {
    return await verifyPipeline({ userId: USER_ID, kafka: kafka(), database });
  } finally {
    database.destroy();
  }
}

/** Deploys the way to a database for another user, looks at it, and destroys it. */
async function withAccess(userId: string, database: object, look: () => Promise<void>): Promise<void> {
  const configOverrides = [`pipeline.userId=${userId}`, `pipeline.database=${JSON.stringify(database)}`];
  const other = { ...deployment, userId, configOverrides };
  await runCdk({
    args: ['deploy', 'Network', 'RdsAccess', '--require-approval=never', '--method=direct'],
    deployment: other,
    directory,
    text: '',
    progress: silentProgress,
  });
  await look();
  await destroyDeployment(other, directory, silentProgress);
}
