import 'aws-cdk-lib/testhelpers/jest-autoclean';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { StackId } from '../../lib/names';
import { kafkaStatements } from './kafka-statements';
import { CONFIGURATIONS, type Synthesized, synthesize } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const internet = synthesize(CONFIGURATIONS.internet);
const vpc = synthesize(CONFIGURATIONS.vpc);

/** Transactional ids and groups of every shard that there may be. */
const EMITTERS = ['ada.emitter', ...[1, 2, 3, 4, 5, 6, 7].map((shard) => `ada.emitter.${shard}`)];

const template = ({ templates }: Synthesized, id: StackId) => Template.fromJSON({ ...templates[id] });

describe('the network', () => {
  test('has public and isolated subnets in three zones, and no NAT gateway', () => {
    const network = template(provisioned, 'Network');

    network.resourceCountIs('AWS::EC2::Subnet', 6);
    network.resourceCountIs('AWS::EC2::NatGateway', 0);
    network.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
    for (const AvailabilityZone of ['us-east-1a', 'us-east-1b', 'us-east-1c']) {
      network.resourcePropertiesCountIs('AWS::EC2::Subnet', { AvailabilityZone }, 2);
    }
  });

  test('has one interface endpoint, in one zone, for the one service that the emitter calls', () => {
    const network = template(provisioned, 'Network');

    network.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 1);
    network.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      ServiceName: 'com.amazonaws.us-east-1.secretsmanager',
      SubnetIds: [Match.anyValue()],
      PrivateDnsEnabled: true,
    });
  });

  test('has the endpoint in as many zones as configured', () => {
    template(synthesize({ userId: 'ada', endpointZones: 2 }), 'Network').hasResourceProperties(
      'AWS::EC2::VPCEndpoint',
      { VpcEndpointType: 'Interface', SubnetIds: [Match.anyValue(), Match.anyValue()] },
    );
  });

  test('has one NAT gateway instead, if the database is reached over the internet', () => {
    const network = template(internet, 'Network');

    network.resourceCountIs('AWS::EC2::NatGateway', 1);
    network.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 0);
    network.hasOutput('NatIpAddress', {});
  });

  test('logs what is refused, and mails alarms', () => {
    const network = template(provisioned, 'Network');

    network.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' });
    network.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ada@example.com',
    });
    template(vpc, 'Network').resourceCountIs('AWS::SNS::Subscription', 0);
  });
});

describe('the Kafka cluster', () => {
  const cluster = template(provisioned, 'KafkaCluster');

  test('speaks IAM over TLS only', () => {
    cluster.hasResourceProperties('AWS::MSK::Cluster', {
      KafkaVersion: '3.9.x.kraft',
      NumberOfBrokerNodes: 3,
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
      LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true } } },
    });
  });

  test('loses no acknowledged message and no checkpoint', () => {
    cluster.hasResourceProperties('AWS::MSK::Configuration', {
      ServerProperties: [
        'auto.create.topics.enable=false',
        'default.replication.factor=3',
        'min.insync.replicas=2',
        'unclean.leader.election.enable=false',
        'offsets.retention.minutes=2147483647',
        'log.retention.ms=-1',
      ].join('\n'),
    });
  });

  test('has topics that are alike, so that a key has the same partition in all of them', () => {
    cluster.allResourcesProperties('AWS::MSK::Topic', { PartitionCount: 3, ReplicationFactor: 3 });
  });

  test('may ask for its own bootstrap string, and for nothing else', () => {
    cluster.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'kafka:GetBootstrapBrokers',
            Effect: 'Allow',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^KafkaCluster'), 'Arn'] },
          },
        ],
      },
    });
  });

  test('reads no metric that is billed, unless told to; that one tells of connections that were refused', () => {
    const refused = { AlarmName: Match.stringLikeRegexp('refuses IAM connections') };

    cluster.hasResourceProperties('AWS::MSK::Cluster', { EnhancedMonitoring: 'DEFAULT' });
    cluster.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', refused, 0);
    template(vpc, 'KafkaCluster').hasResourceProperties('AWS::MSK::Cluster', {
      EnhancedMonitoring: 'PER_BROKER',
    });
    template(vpc, 'KafkaCluster').resourcePropertiesCountIs('AWS::CloudWatch::Alarm', refused, 1);
  });

  test('tells other stacks all but its bootstrap string, which may change, by exports, which may not', () => {
    const weak = Object.values(provisioned.templates).flatMap(
      (stack) => JSON.stringify(stack).match(/"Fn::GetStackOutput":\{[^}]*/g) ?? [],
    );

    expect(weak).not.toHaveLength(0);
    for (const reference of weak) expect(reference).toContain('BootstrapBrokerStringSaslIam');
  });

  test('watches CPU credits only where there are any', () => {
    const credits = { AlarmName: Match.stringLikeRegexp('CPU credits') };
    const m7g = synthesize({ userId: 'ada', kafka: { brokerType: 'kafka.m7g.large' } });

    cluster.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', credits, 1);
    template(m7g, 'KafkaCluster').resourcePropertiesCountIs('AWS::CloudWatch::Alarm', credits, 0);
  });
});

describe('the Kafka client', () => {
  const client = template(provisioned, 'KafkaClient');

  test('has a key pair whose private key Parameter Store keeps', () => {
    client.hasResourceProperties('AWS::EC2::KeyPair', {
      KeyName: 'ada-key-pair',
      PublicKeyMaterial: Match.absent(),
    });
  });

  test('asks for IMDSv2, and encrypts its disk', () => {
    client.hasResourceProperties('AWS::EC2::Instance', {
      MetadataOptions: { HttpTokens: 'required' },
      BlockDeviceMappings: [{ Ebs: { Encrypted: true } }],
    });
  });

  test('lets SSH in from the configured ranges, and from nowhere unless there are some', () => {
    client.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: [{ CidrIp: '203.0.113.7/32', FromPort: 22, ToPort: 22, IpProtocol: 'tcp' }],
    });
    template(vpc, 'KafkaClient').hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
    });
  });

  test('is not there before its boot script has said so', () => {
    client.hasResource('AWS::EC2::Instance', { CreationPolicy: { ResourceSignal: { Timeout: 'PT15M' } } });
    const userData = JSON.stringify(client.findResources('AWS::EC2::Instance'));
    expect(userData).toContain('/opt/aws/bin/cfn-signal');
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before base64.
    expect(userData.length).toBeLessThan(16 * 1024);
  });

  test('may look into the topics of its user, and change nothing but its own groups', () => {
    expect(kafkaStatements(provisioned.templates.KafkaClient, 'ClientInstance')).toEqual([
      [['Connect'], ['cluster']],
      [
        ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
        ['topic/ada.dead-letter', 'topic/ada.geo', 'topic/ada.pin', 'topic/ada.user'],
      ],
      [
        ['AlterGroup', 'DescribeGroup'],
        [
          'group/ada.client',
          'group/ada.client.dead-letter',
          'group/ada.client.geo',
          'group/ada.client.pin',
          'group/ada.client.user',
        ],
      ],
      [['DescribeGroup'], EMITTERS.map((id) => `group/${id}`)],
    ]);
  });
});

describe('the database', () => {
  test('of its own is MariaDB 11.4, encrypted, isolated, and leaves a snapshot', () => {
    template(provisioned, 'RdsAccess').hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: {
        Engine: 'mariadb',
        EngineVersion: Match.stringLikeRegexp('^11\\.4\\.'),
        DBInstanceClass: 'db.t4g.micro',
        StorageEncrypted: true,
        PubliclyAccessible: false,
        BackupRetentionPeriod: 7,
      },
    });
    template(provisioned, 'RdsAccess').hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: { require_secure_transport: '1' },
    });
  });

  test('of its own is filled with sample tables, by a function that only the deployment calls', () => {
    const access = template(provisioned, 'RdsAccess');

    access.hasResourceProperties('Custom::SampleTables', { rows: 11_154 });
    access.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { OWNER_SECRET_ARN: Match.anyValue(), READER_SECRET_ARN: Match.anyValue() } },
    });
    template(internet, 'RdsAccess').resourceCountIs('Custom::SampleTables', 0);
  });

  test('that exists gets a secret for a login that is not known yet', () => {
    template(internet, 'RdsAccess').hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: {
        SecretStringTemplate: JSON.stringify({
          host: 'db.example.com',
          port: 3306,
          dbname: 'posts',
          username: 'run-put-credentials-first',
        }),
      },
    });
  });

  test('in another VPC is reached through a peering connection, with routes there and back', () => {
    const access = template(vpc, 'RdsAccess');

    access.resourceCountIs('AWS::EC2::VPCPeeringConnection', 1);
    access.resourcePropertiesCountIs('AWS::EC2::Route', { DestinationCidrBlock: '10.99.0.0/16' }, 3);
    access.resourcePropertiesCountIs('AWS::EC2::Route', { RouteTableId: 'rtb-0123456789abcdef0' }, 1);
    template(vpc, 'Emitter').hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: 'sg-0123456789abcdef0',
      FromPort: 3307,
      ToPort: 3307,
    });
  });
});

describe('the emitter', () => {
  const emitter = template(provisioned, 'Emitter');

  test('is told who it is, where Kafka and the login are, and how to name its metrics', () => {
    emitter.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 240,
      MemorySize: 1024,
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: {
          USER_ID: 'ada',
          KAFKA_BROKERS: Match.anyValue(),
          KAFKA_AUTHENTICATION: 'iam',
          COMPRESSION: 'zstd',
          DATABASE_SECRET_ARN: Match.anyValue(),
          EMIT_LIMIT: Match.absent(),
          SHARDS: '1',
          POWERTOOLS_METRICS_NAMESPACE: 'PinterestDataPipeline',
          POWERTOOLS_SERVICE_NAME: 'emitter',
          NODE_OPTIONS: '--max-old-space-size=921 --max-semi-space-size=8',
        },
      },
    });
  });

  test('may do in Kafka what the transactional producers of its shards do, and no more', () => {
    expect(kafkaStatements(provisioned.templates.Emitter, 'EmitterRole')).toEqual([
      [['Connect', 'WriteDataIdempotently'], ['cluster']],
      [
        ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'WriteData'],
        ['topic/ada.dead-letter', 'topic/ada.geo', 'topic/ada.pin', 'topic/ada.user'],
      ],
      [['ReadData'], ['topic/ada.geo', 'topic/ada.pin', 'topic/ada.user']],
      [['AlterTransactionalId', 'DescribeTransactionalId'], EMITTERS.map((id) => `transactional-id/${id}`)],
      [['AlterGroup', 'DescribeGroup'], EMITTERS.map((id) => `group/${id}`)],
    ]);
  });

  test.each(['EmitterFunction', 'VerifierFunction'])(
    '%s reaches Secrets Manager, the brokers and the database, and nothing else',
    (fn) => {
      const ports = Object.entries(emitter.findResources('AWS::EC2::SecurityGroupEgress'))
        .filter(([id]) => id.startsWith(fn))
        .map(([, { Properties }]) => [
          Properties.Description,
          Properties.DestinationSecurityGroupId !== undefined,
        ]);

      expect(ports).toEqual([
        ['Database', true],
        ['Kafka', true],
        ['Secrets Manager', true],
      ]);
    },
  );

  test('is never run again for the same event: the next tick goes on', () => {
    emitter.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
    emitter.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Input: '{}',
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 0 },
        DeadLetterConfig: Match.anyValue(),
      },
    });
  });

  test('has a schedule for each shard, and is told how many there are', () => {
    const sharded = template(synthesize({ userId: 'ada', emitter: { shards: 3 } }), 'Emitter');
    const inputs = Object.values(sharded.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => Properties.Target.Input,
    );

    expect(inputs).toEqual(['{}', '{"shard":1}', '{"shard":2}']);
    sharded.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { SHARDS: '3' } } });
  });

  test('of several shards rings when the first one does not run, whatever the others do', () => {
    const sharded = template(synthesize({ userId: 'ada', emitter: { shards: 2 } }), 'Emitter');

    sharded.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: Match.stringLikeRegexp('Emitter has not run for an hour'),
      Namespace: 'PinterestDataPipeline',
      MetricName: 'RunDuration',
      Statistic: 'SampleCount',
    });
    sharded.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: Match.stringLikeRegexp('Emitter does not catch up'),
      MetricName: 'CaughtUp',
      Statistic: 'Minimum',
    });
  });

  test('passes a limit on, if there is one', () => {
    template(synthesize({ userId: 'ada', emitter: { limit: 500 } }), 'Emitter').hasResourceProperties(
      'AWS::Lambda::Function',
      { Environment: { Variables: { EMIT_LIMIT: '500' } } },
    );
  });
});

describe('the verifier', () => {
  test('may read the topics in a group of its own, and write nothing', () => {
    expect(kafkaStatements(provisioned.templates.Emitter, 'VerifierRole')).toEqual([
      [['Connect'], ['cluster']],
      [
        ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
        ['topic/ada.dead-letter', 'topic/ada.geo', 'topic/ada.pin', 'topic/ada.user'],
      ],
      [['AlterGroup', 'DeleteGroup', 'DescribeGroup'], ['group/ada.verifier']],
    ]);
  });
});
