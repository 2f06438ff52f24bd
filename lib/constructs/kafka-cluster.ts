import {
  CrossStackReferences,
  Duration,
  Fn,
  ReferenceStrength,
  RemovalPolicy,
  Validations,
} from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { EmitterVariables } from '../../lambda/shared/environment';
import { deadLetterTopicOf, topicsOf } from '../../lambda/shared/streams';
import { type KafkaConfig, ZONES } from '../config';
import { nameOf } from '../names';
import { FunctionRole } from './function-role';
import { KafkaPermissions } from './kafka-permissions';
import type { PipelineFunction } from './pipeline-function';

/** Port of MSK's listener for IAM over TLS within a VPC. https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html */
const IAM_PORT = 9098;

/** Properties of every broker that differ from MSK's defaults. */
const SERVER_PROPERTIES = {
  // The topics are resources of the stack. A mistyped name must fail, and not create another topic.
  'auto.create.topics.enable': false,
  'default.replication.factor': ZONES,
  // A write succeeds once two zones have the message, so that one zone can fail.
  'min.insync.replicas': ZONES - 1,
  // MSK's default is true, which risks acknowledged messages for availability.
  'unclean.leader.election.enable': false,
  // The emitter's checkpoint is a committed offset. If it expired while the emitter is switched off, the tables would be
  // emitted again from the start. So this is the maximum of the property.
  'offsets.retention.minutes': 2 ** 31 - 1,
  // Messages never expire, so that a new consumer finds every row.
  'log.retention.ms': -1,
} as const;

/** Properties of a {@link KafkaCluster}. */
export interface KafkaClusterProps {
  /** Prefix of the topics. */
  readonly userId: string;
  readonly kafka: KafkaConfig;
  readonly vpc: ec2.IVpc;
  /** One subnet in each of three zones. */
  readonly subnets: ec2.SubnetSelection;
}

/**
 * An MSK cluster in KRaft mode that accepts only IAM authentication over TLS, with the topics of one user: one for each
 * stream and one for dead letters.
 */
export class KafkaCluster extends Construct implements ec2.IConnectable {
  readonly connections: ec2.Connections;
  readonly clusterArn: string;
  /** Addresses of the brokers as `host:port`, separated by commas. */
  readonly bootstrapServers: string;
  /** Ids of the brokers in metrics. */
  readonly brokerIds: readonly number[];

  private readonly userId: string;
  private readonly clusterName: string;
  private readonly permissions: KafkaPermissions;

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
      // MSK always encrypts at rest, by default with the AWS managed key.
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } },
      loggingInfo: {
        brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: brokerLogs.logGroupName } },
      },
      enhancedMonitoring: kafka.monitoring,
    });
    cluster.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.clusterArn = cluster.attrArn;
    this.permissions = new KafkaPermissions(this, {
      clusterArn: this.clusterArn,
      clusterName: this.clusterName,
      userId,
    });

    for (const topicName of topicsOf(userId)) {
      new msk.CfnTopic(this, topicName, {
        clusterArn: this.clusterArn,
        topicName,
        partitionCount: kafka.partitions,
        replicationFactor: ZONES,
        // Lines of name=value in base64: https://docs.aws.amazon.com/msk/latest/developerguide/describe-topic-cli.html
        // Dead letters of one key are different rows, so they are never compacted.
        configs:
          topicName === deadLetterTopicOf(userId)
            ? undefined
            : Fn.base64(`cleanup.policy=${kafka.cleanupPolicy}`),
        // A topic can be deleted only while its cluster is ACTIVE, and a deleted cluster takes its topics along. So the stack
        // never deletes one, except for one whose creation it takes back.
      }).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    }

    const bootstrapLogs = new logs.LogGroup(this, 'BootstrapLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const bootstrap = new cr.AwsCustomResource(this, 'Bootstrap', {
      // CloudFormation has no attribute for it. A new physical id repeats the call when the number of brokers changes.
      onUpdate: {
        service: 'Kafka',
        action: 'GetBootstrapBrokers',
        parameters: { ClusterArn: this.clusterArn },
        outputPaths: ['BootstrapBrokerStringSaslIam'],
        physicalResourceId: cr.PhysicalResourceId.of(`bootstrap-of-${kafka.brokers}-brokers`),
      },
      // AWS's table of actions has no resource for this one, so a policy that names the cluster would not allow it:
      // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmanagedstreamingforapachekafka.html
      policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: cr.AwsCustomResourcePolicy.ANY_RESOURCE }),
      installLatestAwsSdk: false,
      logGroup: bootstrapLogs,
      role: new FunctionRole(this, 'BootstrapRole', { logGroup: bootstrapLogs, inVpc: false }),
    });
    Validations.of(bootstrap).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'kafka:GetBootstrapBrokers takes no resource. It only reads addresses.',
    });
    this.bootstrapServers = bootstrap.getResponseField('BootstrapBrokerStringSaslIam');
    // All other references between the stacks are strong (cdk.json): CloudFormation refuses to remove a value that another
    // stack uses. With weak references it plans to replace brokers or the database when a value is not known yet
    // (https://github.com/aws/aws-cdk/issues/38829). This reference is weak because its value changes with the number of
    // brokers.
    CrossStackReferences.of(bootstrap.node.findChild('Resource')).produce(ReferenceStrength.WEAK);
  }

  /** Allows a function to emit: opens the port, sets the variables and grants the permissions of a producer per shard. */
  grantEmit(fn: PipelineFunction): void {
    this.connect(fn);
    this.permissions.allowEmit(fn);
  }

  /**
   * Allows a client to read the topics and the emitter's checkpoints: opens the port and grants the permissions. It sets no
   * variables, because the client need not be a function; pass {@link bootstrapServers} to it.
   */
  grantConsume(client: ec2.IConnectable & iam.IGrantable): void {
    client.connections.allowToDefaultPort(this, 'Kafka');
    this.permissions.allowConsume(client);
  }

  /** Allows a function to verify the topics: opens the port, sets the variables and grants the permissions. */
  grantVerify(fn: PipelineFunction): void {
    this.connect(fn);
    this.permissions.allowVerify(fn);
  }

  /** Returns a metric of the whole cluster: its maximum per minute. */
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
   * Returns a metric of each broker.
   *
   * @param options by default, the maximum per five minutes. Dimensions are added to those of cluster and broker.
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

  /** Returns the dashboard widgets of the brokers. */
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

  /** Opens the port to the brokers and sets the variables that name them. */
  private connect(fn: PipelineFunction): void {
    fn.connections.allowToDefaultPort(this, 'Kafka');
    fn.addVariables<EmitterVariables>({
      USER_ID: this.userId,
      KAFKA_BROKERS: this.bootstrapServers,
      KAFKA_AUTHENTICATION: 'iam',
    });
  }
}
