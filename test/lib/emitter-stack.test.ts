import { Match } from 'aws-cdk-lib/assertions';
import { METRICS } from '../../lambda/shared/metric-names';
import { EMITTERS, kafkaStatements } from './kafka-statements';
import { CONFIGURATIONS, changesBetween, snapshotOf, synthesize, templateOf } from './synthesize';

const provisioned = synthesize(CONFIGURATIONS.provisioned);
const internet = synthesize(CONFIGURATIONS.internet);
const large = synthesize(CONFIGURATIONS.large);
const vpc = synthesize(CONFIGURATIONS.vpc);

test('the template of Emitter', () => {
  expect(snapshotOf(provisioned.templates.Emitter)).toMatchSnapshot();
});

test('the template of Emitter for a database in another VPC differs in these resources', () => {
  expect(changesBetween(provisioned.templates.Emitter, vpc.templates.Emitter)).toMatchInlineSnapshot(`
[
  "+ AWS::EC2::SecurityGroupEgress EmitterFunctionSecurityGrouptoRdsAccessDatabaseServerA5935A1D3307",
  "+ AWS::EC2::SecurityGroupEgress VerifierFunctionSecurityGrouptoRdsAccessDatabaseServerA5935A1D3307",
  "+ AWS::EC2::SecurityGroupIngress EmitterFunctionSecurityGroupRdsAccessDatabaseServerA5935A1D3307to",
  "+ AWS::EC2::SecurityGroupIngress VerifierFunctionSecurityGroupRdsAccessDatabaseServerA5935A1D3307to",
  "- AWS::EC2::SecurityGroupEgress EmitterFunctionSecurityGrouptoRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPort",
  "- AWS::EC2::SecurityGroupEgress VerifierFunctionSecurityGrouptoRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPort",
  "- AWS::EC2::SecurityGroupIngress EmitterFunctionSecurityGroupRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPortto",
  "- AWS::EC2::SecurityGroupIngress VerifierFunctionSecurityGroupRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPortto",
  "~ AWS::CloudWatch::Dashboard Dashboard",
  "~ AWS::IAM::Policy EmitterRoleDefaultPolicy",
  "~ AWS::IAM::Policy VerifierRoleDefaultPolicy",
  "~ AWS::Lambda::Function EmitterFunction",
  "~ AWS::Lambda::Function VerifierFunction",
]
`);
});

test('the template of Emitter for a database over the internet differs in these resources', () => {
  expect(changesBetween(provisioned.templates.Emitter, internet.templates.Emitter)).toMatchInlineSnapshot(`
[
  "- AWS::EC2::SecurityGroupEgress EmitterFunctionSecurityGrouptoNetworkVpcSecretsManagerSecurityGroup21AEE11C443",
  "- AWS::EC2::SecurityGroupEgress EmitterFunctionSecurityGrouptoRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPort",
  "- AWS::EC2::SecurityGroupEgress VerifierFunctionSecurityGrouptoNetworkVpcSecretsManagerSecurityGroup21AEE11C443",
  "- AWS::EC2::SecurityGroupEgress VerifierFunctionSecurityGrouptoRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPort",
  "- AWS::EC2::SecurityGroupIngress EmitterFunctionSecurityGroupNetworkVpcSecretsManagerSecurityGroup21AEE11C443to",
  "- AWS::EC2::SecurityGroupIngress EmitterFunctionSecurityGroupRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPortto",
  "- AWS::EC2::SecurityGroupIngress VerifierFunctionSecurityGroupNetworkVpcSecretsManagerSecurityGroup21AEE11C443to",
  "- AWS::EC2::SecurityGroupIngress VerifierFunctionSecurityGroupRdsAccessDatabaseInstanceSecurityGroupF1293CF4IndirectPortto",
  "~ AWS::CloudWatch::Dashboard Dashboard",
  "~ AWS::EC2::SecurityGroup EmitterFunctionSecurityGroup",
  "~ AWS::EC2::SecurityGroup VerifierFunctionSecurityGroup",
  "~ AWS::IAM::Policy EmitterRoleDefaultPolicy",
  "~ AWS::IAM::Policy VerifierRoleDefaultPolicy",
  "~ AWS::Lambda::Function EmitterFunction",
  "~ AWS::Lambda::Function VerifierFunction",
]
`);
});

describe('the emitter', () => {
  const emitter = templateOf(provisioned, 'Emitter');

  test('gets its user id, the addresses of Kafka and of the credentials, and the names of its metrics', () => {
    emitter.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 180,
      MemorySize: 1024,
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: {
          USER_ID: 'ada',
          KAFKA_BROKERS: Match.anyValue(),
          KAFKA_AUTHENTICATION: 'iam',
          COMPRESSION: 'zstd',
          CHANGES: 'follow',
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

  test('has the Kafka permissions of the transactional producers of its shards, and no others', () => {
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

  test('reaches a database over the internet by its port and HTTPS only, from the subnets behind the NAT gateway', () => {
    const groups = templateOf(internet, 'Emitter').findResources('AWS::EC2::SecurityGroup');
    const functions = templateOf(internet, 'Emitter').findResources('AWS::Lambda::Function');

    for (const { Properties } of Object.values(groups)) {
      expect(Properties.SecurityGroupEgress).toMatchObject([
        { CidrIp: '0.0.0.0/0', FromPort: 3306, ToPort: 3306 },
        { CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 },
      ]);
    }
    for (const { Properties } of Object.values(functions)) {
      expect(JSON.stringify(Properties.VpcConfig.SubnetIds).match(/Egress/g)).toHaveLength(3);
    }
  });

  test('is never retried for the same event: the next tick continues', () => {
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

  test('has a schedule for each shard, and gets their number', () => {
    const sharded = templateOf(large, 'Emitter');
    const inputs = Object.values(sharded.findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => Properties.Target.Input,
    );

    expect(inputs).toEqual(['{}', '{"shard":1}', '{"shard":2}']);
    sharded.hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: { SHARDS: '3' } } });
  });

  test('with several shards has an alarm for the first one, whatever the others do', () => {
    const sharded = templateOf(large, 'Emitter');

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

  test('has an alarm for silence that cannot fire before the first run', () => {
    const silent = { AlarmName: Match.stringLikeRegexp('has not run for an hour') };
    const topic = [Match.anyValue()];

    emitter.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...silent,
      TreatMissingData: 'missing',
      InsufficientDataActions: topic,
      Period: 300,
      EvaluationPeriods: 12,
    });
  });

  test('spreads the starts of shards over a minute, because brokers accept few new connections per second', () => {
    const windows = Object.values(templateOf(large, 'Emitter').findResources('AWS::Scheduler::Schedule')).map(
      ({ Properties }) => Properties.FlexibleTimeWindow,
    );

    expect(windows).toEqual([
      { Mode: 'OFF' },
      { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 },
      { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1 },
    ]);
  });

  test('has an alarm for lost changes, and one for changes that are not followed unless that is configured', () => {
    const title = (text: string) => ({ AlarmName: Match.stringLikeRegexp(text) });
    const copying = templateOf(large, 'Emitter');

    emitter.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...title('Changes were lost'),
      MetricName: 'StreamsToReconcile',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'ignore',
    });
    emitter.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ...title('Changes are not followed'),
      MetricName: 'CopiedOnlyStreams',
      Threshold: 1,
    });
    copying.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', title('Changes are not followed'), 0);
    copying.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { CHANGES: 'copy' } },
    });
  });

  test('shows on the dashboard how the changes are followed', () => {
    const [dashboard] = Object.values(emitter.findResources('AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard);

    for (const name of [
      'changesFollowed',
      'logBehindSeconds',
      'logBehindBytes',
      'copiedOnly',
      'toReconcile',
    ] as const) {
      expect(body).toContain(METRICS[name]);
    }
  });

  test('passes a limit on, if there is one', () => {
    templateOf(large, 'Emitter').hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { EMIT_LIMIT: '500' } },
    });
  });
});

describe('the verifier', () => {
  test('may read the topics in its own group, and write nothing', () => {
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
