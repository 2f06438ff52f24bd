import {
  ArnFormat,
  CrossStackReferences,
  Duration,
  Fn,
  ReferenceStrength,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { type EmitterVariables, MOST_SHARDS } from '../../lambda/shared/environment';
import { emitterIdOf, STREAMS, topicOf, topicsOf, verifierIdOf } from '../../lambda/shared/streams';
import { type KafkaConfig, ZONES } from '../config';
import { nameOf } from '../names';
import { FunctionRole } from './function-role';
import { addVariables } from './variables';

/** The port of MSK's listener for IAM over TLS within a VPC. https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
const IAM_PORT = 9098;

/** What every broker runs with; MSK's defaults hold for all else. */
const SERVER_PROPERTIES = {
  // Topics are resources of the stack; a mistyped name must fail, not make one more topic.
  'auto.create.topics.enable': false,
  'default.replication.factor': ZONES,
  // A message counts as written when two zones have it, so that one may fail.
  'min.insync.replicas': ZONES - 1,
  // MSK's default is true, which gives up acknowledged messages for availability.
  'unclean.leader.election.enable': false,
  // The emitter's checkpoint is a committed offset. It must not expire while the emitter is switched off for a
  // month: the tables would be emitted again from the start. The largest value that the property takes.
  'offsets.retention.minutes': 2 ** 31 - 1,
  // A consumer that comes later still finds every row.
  'log.retention.ms': -1,
} as const;

/** Properties of a {@link KafkaCluster}. */
export interface KafkaClusterProps {
  /** Whose topics they are. */
  readonly userId: string;
  readonly kafka: KafkaConfig;
  readonly vpc: ec2.IVpc;
  /** One subnet in each of three zones. */
  readonly subnets: ec2.SubnetSelection;
}

/**
 * An MSK cluster without ZooKeeper, that speaks TLS and IAM only, with the topics of one user: one for each
 * stream and one for dead letters.
 */
export class KafkaCluster extends Construct implements ec2.IConnectable {
  readonly connections: ec2.Connections;
  readonly clusterArn: string;
  /** `host:port` of the brokers, separated by commas. */
  readonly bootstrapServers: string;
  /** Ids of the brokers, as they appear in metrics. */
  readonly brokerIds: readonly number[];

  private readonly userId: string;
  private readonly topicNames: readonly string[];
  private readonly clusterName: string;

  constructor(scope: Construct, id: string, { userId, kafka, vpc, subnets }: KafkaClusterProps) {
    super(scope, id);
    this.userId = userId;
    this.clusterName = nameOf(userId, 'Kafka');
    this.brokerIds = Array.from({ length: kafka.brokers }, (_, index) => index + 1);

    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Kafka brokers',
      allowAllOutbound: false,
    });
    this.connections = new ec2.Connections({
      securityGroups: [securityGroup],
      defaultPort: ec2.Port.tcp(IAM_PORT),
    });

    const configuration = new msk.CfnConfiguration(this, 'Configuration', {
      name: this.clusterName,
      serverProperties: Object.entries(SERVER_PROPERTIES)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    });

    const brokerLogs = new logs.LogGroup(this, 'BrokerLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const cluster = new msk.CfnCluster(this, 'Cluster', {
      clusterName: this.clusterName,
      kafkaVersion: kafka.version,
      numberOfBrokerNodes: kafka.brokers,
      brokerNodeGroupInfo: {
        instanceType: kafka.brokerType,
        clientSubnets: vpc.selectSubnets(subnets).subnetIds,
        securityGroups: [securityGroup.securityGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: kafka.volumeGiB } },
      },
      configurationInfo: {
        arn: configuration.attrArn,
        revision: configuration.attrLatestRevisionRevision,
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      // At rest MSK always encrypts, with the AWS managed key when no other is named.
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      loggingInfo: {
        brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: brokerLogs.logGroupName } },
      },
      enhancedMonitoring: kafka.monitoring,
    });
    cluster.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.clusterArn = cluster.attrArn;

    this.topicNames = topicsOf(userId);
    for (const topicName of this.topicNames) {
      new msk.CfnTopic(this, topicName, {
        clusterArn: this.clusterArn,
        topicName,
        partitionCount: kafka.partitions,
        replicationFactor: ZONES,
      }).applyRemovalPolicy(RemovalPolicy.DESTROY);
    }

    const bootstrapLogs = new logs.LogGroup(this, 'BootstrapLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bootstrap = new cr.AwsCustomResource(this, 'Bootstrap', {
      // CloudFormation does not hand it out. Asked again whenever the number of brokers changes.
      onUpdate: {
        service: 'Kafka',
        action: 'GetBootstrapBrokers',
        parameters: { ClusterArn: this.clusterArn },
        outputPaths: ['BootstrapBrokerStringSaslIam'],
        physicalResourceId: cr.PhysicalResourceId.of(`bootstrap-of-${kafka.brokers}-brokers`),
      },
      policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: [this.clusterArn] }),
      installLatestAwsSdk: false,
      logGroup: bootstrapLogs,
      role: new FunctionRole(this, 'BootstrapRole', { logGroup: bootstrapLogs, inVpc: false }),
    });
    this.bootstrapServers = bootstrap.getResponseField('BootstrapBrokerStringSaslIam');
    // Any other reference between the stacks is strong (cdk.json): CloudFormation refuses to take away what another
    // stack uses, and never plans to replace brokers or database for a value that it does not know yet, as it does for a
    // weak one (https://github.com/aws/aws-cdk/issues/38829). This one changes with the number of brokers, and may.
    CrossStackReferences.of(bootstrap.node.findChild('Resource')).produce(ReferenceStrength.WEAK);
  }

  /**
   * Lets a function emit: the port, the permissions of a transactional producer for each shard, which keeps its
   * checkpoint in a consumer group of its own, and the variables that say where and how.
   *
   * The actions are those of https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html; IAM implies
   * none by another, as Kafka's own ACLs do.
   */
  grantEmit(fn: lambda.Function): void {
    const { userId, emitterIds } = this;
    const topics = this.topicNames.map((topic) => this.arnOf('topic', topic));
    const streamTopics = STREAMS.map(({ name }) => this.arnOf('topic', topicOf(userId, name)));

    this.connect(fn);
    allow(fn, ['Connect', 'WriteDataIdempotently'], [this.clusterArn]);
    allow(fn, ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'WriteData'], topics);
    // Offsets may be committed only for topics that one may read.
    allow(fn, ['ReadData'], streamTopics);
    allow(
      fn,
      ['DescribeTransactionalId', 'AlterTransactionalId'],
      emitterIds.map((id) => this.arnOf('transactional-id', id)),
    );
    allow(
      fn,
      ['DescribeGroup', 'AlterGroup'],
      emitterIds.map((id) => this.arnOf('group', id)),
    );
  }

  /**
   * Lets someone look: the port, reading of this user's topics in the groups `<UserId>.client` and
   * `<UserId>.client.<topic>`, and a view of the emitter's checkpoints, which only the emitter may move.
   */
  grantConsume(client: ec2.IConnectable & iam.IGrantable): void {
    const { userId, topicNames, emitterIds } = this;
    const group = `${userId}.client`;
    const groups = [group, ...topicNames.map((topic) => topic.replace(userId, group))];

    client.connections.allowToDefaultPort(this, 'Kafka');
    allow(client, ['Connect'], [this.clusterArn]);
    allow(
      client,
      ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
      topicNames.map((topic) => this.arnOf('topic', topic)),
    );
    allow(
      client,
      ['DescribeGroup', 'AlterGroup'],
      groups.map((name) => this.arnOf('group', name)),
    );
    allow(
      client,
      ['DescribeGroup'],
      emitterIds.map((id) => this.arnOf('group', id)),
    );
  }

  /**
   * Lets a function compare: the port, reading of this user's topics in the group `<UserId>.verifier`, which it removes
   * afterwards, and the variables that say where and how.
   */
  grantVerify(fn: lambda.Function): void {
    this.connect(fn);
    allow(fn, ['Connect'], [this.clusterArn]);
    allow(
      fn,
      ['DescribeTopic', 'DescribeTopicDynamicConfiguration', 'ReadData'],
      this.topicNames.map((topic) => this.arnOf('topic', topic)),
    );
    allow(
      fn,
      ['DescribeGroup', 'AlterGroup', 'DeleteGroup'],
      [this.arnOf('group', verifierIdOf(this.userId))],
    );
  }

  /** A metric of the whole cluster, as its largest value in a minute. */
  metric(metricName: string): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName,
      dimensionsMap: { 'Cluster Name': this.clusterName },
      statistic: cloudwatch.Stats.MAXIMUM,
      period: Duration.minutes(1),
    });
  }

  /**
   * A metric of each broker.
   *
   * @param options by default its largest value in five minutes; dimensions come on top of cluster and broker.
   */
  metricsPerBroker(
    metricName: string,
    { dimensionsMap, ...options }: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric[] {
    return this.brokerIds.map((broker) =>
      this.metric(metricName).with({
        dimensionsMap: { 'Cluster Name': this.clusterName, 'Broker ID': String(broker), ...dimensionsMap },
        period: Duration.minutes(5),
        label: `broker ${broker}`,
        ...options,
      }),
    );
  }

  /** The parts of a dashboard that show the brokers. */
  widgets(): cloudwatch.IWidget[] {
    const graph = (title: string, metricName: string, options?: cloudwatch.MetricOptions) =>
      new cloudwatch.GraphWidget({ title, left: this.metricsPerBroker(metricName, options), width: 8 });
    const average = { statistic: cloudwatch.Stats.AVERAGE };
    return [
      graph('Brokers: CPU idle (%)', 'CpuIdle', average),
      graph('Brokers: data disk used (%)', 'KafkaDataLogsDiskUsed'),
      graph('Brokers: bytes in (per second)', 'BytesInPerSec', average),
    ];
  }

  /** https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html#msk-iam-resources */
  /** The way to the brokers, and the variables that say where and how. */
  private connect(fn: lambda.Function): void {
    fn.connections.allowToDefaultPort(this, 'Kafka');
    addVariables<EmitterVariables>(fn, {
      USER_ID: this.userId,
      KAFKA_BROKERS: this.bootstrapServers,
      KAFKA_AUTHENTICATION: 'iam',
    });
  }

  /** Transactional ids and groups of all shards that there may ever be: their number can change at any time. */
  private get emitterIds(): string[] {
    return Array.from({ length: MOST_SHARDS }, (_, shard) => emitterIdOf(this.userId, shard));
  }

  private arnOf(resource: 'topic' | 'group' | 'transactional-id', name: string): string {
    const uuid = Fn.select(2, Fn.split('/', this.clusterArn));
    return Stack.of(this).formatArn({
      service: 'kafka',
      resource,
      resourceName: `${this.clusterName}/${uuid}/${name}`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}

function allow(grantee: iam.IGrantable, actions: readonly string[], resources: readonly string[]): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: actions.map((action) => `kafka-cluster:${action}`),
      resources: [...resources],
    }),
  );
}
