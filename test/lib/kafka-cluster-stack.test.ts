import { Match } from 'aws-cdk-lib/assertions';
import { CONFIGURATIONS, resourcesOf, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const large = synthesize(CONFIGURATIONS.large);
const vpc = synthesize(CONFIGURATIONS.vpc);

test('the template of KafkaCluster', () => {
  expect(snapshotOf(provisioned.templates.KafkaCluster)).toMatchSnapshot();
});

describe('the Kafka cluster', () => {
  const cluster = templateOf(provisioned, 'KafkaCluster');

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

  test('has topics with equal partitions, so that a key has the same one in all of them', () => {
    cluster.allResourcesProperties('AWS::MSK::Topic', { PartitionCount: 3, ReplicationFactor: 3 });
  });

  test('has topics of tables with the configured cleanup policy, and dead letters that are never compacted', () => {
    const configs = (pipeline: typeof provisioned) =>
      resourcesOf(pipeline, 'AWS::MSK::Topic').map(([, { Properties }]) => [
        Properties.TopicName,
        Properties.Configs?.['Fn::Base64'],
      ]);

    for (const [pipeline, policy] of [
      [provisioned, 'delete'],
      [large, 'compact'],
    ] as const) {
      expect(configs(pipeline)).toEqual([
        ['ada.pin', `cleanup.policy=${policy}`],
        ['ada.geo', `cleanup.policy=${policy}`],
        ['ada.user', `cleanup.policy=${policy}`],
        ['ada.dead-letter', undefined],
      ]);
    }
  });

  test('leaves its topics to the cluster, except for one whose creation is taken back', () => {
    for (const [, topic] of resourcesOf(provisioned, 'AWS::MSK::Topic')) {
      expect(topic.DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('may read bootstrap strings, and nothing else', () => {
    cluster.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'kafka:GetBootstrapBrokers',
            Effect: 'Allow',
            Resource: '*',
          },
        ],
      },
    });
  });

  test('has no billed metric by default; with PER_BROKER it has the alarm for refused connections', () => {
    const refused = { AlarmName: Match.stringLikeRegexp('refuses IAM connections') };

    cluster.hasResourceProperties('AWS::MSK::Cluster', { EnhancedMonitoring: 'DEFAULT' });
    cluster.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', refused, 0);
    templateOf(vpc, 'KafkaCluster').hasResourceProperties('AWS::MSK::Cluster', {
      EnhancedMonitoring: 'PER_BROKER',
    });
    templateOf(vpc, 'KafkaCluster').resourcePropertiesCountIs('AWS::CloudWatch::Alarm', refused, 1);
  });

  test('exports everything to other stacks, except its bootstrap string, which may change', () => {
    const weak = Object.values(provisioned.templates).flatMap(
      (stack) => JSON.stringify(stack).match(/"Fn::GetStackOutput":\{[^}]*/g) ?? [],
    );

    expect(weak).not.toHaveLength(0);
    for (const reference of weak) expect(reference).toContain('BootstrapBrokerStringSaslIam');
  });

  test('is content with a new broker, which has no credits yet but earns some', () => {
    const [alarm] = Object.values(
      cluster.findResources('AWS::CloudWatch::Alarm', {
        Properties: { AlarmName: Match.stringLikeRegexp('CPU credits') },
      }),
    );
    expect(JSON.stringify(alarm)).toContain('IF(broker1 < 24 AND RATE(broker1) <= 0, 1, 0)');
  });

  test('watches CPU credits only where there are any', () => {
    const credits = { AlarmName: Match.stringLikeRegexp('CPU credits') };

    cluster.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', credits, 1);
    templateOf(large, 'KafkaCluster').resourcePropertiesCountIs('AWS::CloudWatch::Alarm', credits, 0);
  });
});
