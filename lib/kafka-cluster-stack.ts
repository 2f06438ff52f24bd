import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { BROKER_ALARMS, CLUSTER_ALARMS, hasBrokerAlarm } from './alarms';
import type { KafkaConfig, PipelineConfig } from './config';
import { KafkaCluster } from './constructs/kafka-cluster';
import { PipelineAlarm } from './constructs/pipeline-alarm';
import { OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/**
 * Maximum number of open IAM connections per broker. A broker refuses any more. This is a quota of MSK:
 * https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
 */
const MOST_IAM_CONNECTIONS = 3000;

/** CPU credits that last a quarter of an hour at full load. A t3.small earns 24 per hour and holds up to 576. */
const FEW_CREDITS = 24;

/** Properties of the {@link KafkaClusterStack}. */
export interface KafkaClusterStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
}

/** The Kafka cluster with its topics and alarms. */
export class KafkaClusterStack extends Stack {
  readonly cluster: KafkaCluster;

  constructor(scope: Construct, id: string, { config, network, ...props }: KafkaClusterStackProps) {
    super(scope, id, {
      description:
        'Kafka cluster and topics. Removal deletes all records and the checkpoint, so the next emitter starts from the first row.',
      terminationProtection: true,
      ...props,
    });
    this.cluster = new KafkaCluster(this, 'Kafka', {
      userId: config.userId,
      kafka: config.kafka,
      vpc: network.vpc,
      subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    this.watch(this.cluster, network, config.kafka);

    new CfnOutput(this, OUTPUTS.KafkaCluster.bootstrapServers, { value: this.cluster.bootstrapServers });
    new CfnOutput(this, OUTPUTS.KafkaCluster.clusterArn, { value: this.cluster.clusterArn });
  }

  /**
   * Creates the alarms. The thresholds are those of
   * https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html, unless a comment says otherwise.
   * Metrics of each monitoring level: https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
   */
  private watch(cluster: KafkaCluster, { alarmTopic: notify }: NetworkStack, kafka: KafkaConfig): void {
    const { ComparisonOperator } = cloudwatch;
    const overBrokers = (reduce: 'MAX' | 'MIN', name: string, options?: cloudwatch.MetricOptions) => {
      const metrics = cluster.metricsPerBroker(name, options);
      const ids = metrics.map((_, index) => `broker${index + 1}`);
      return new cloudwatch.MathExpression({
        expression: `${reduce}([${ids.join(',')}])`,
        label: name,
        usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`broker${index + 1}`, metric])),
        period: options?.period,
      });
    };
    const highest = (name: string, options?: cloudwatch.MetricOptions) => overBrokers('MAX', name, options);
    const lowest = (name: string, statistic: string) => overBrokers('MIN', name, { statistic });
    // Alarms about values that a healthy broker always publishes leave missing data as it is: then `npm run doctor` can see
    // that a metric has another name than the guide says.

    new PipelineAlarm(this, CLUSTER_ALARMS.noController, {
      metric: cluster.metric('ActiveControllerCount'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      notify,
    });
    new PipelineAlarm(this, CLUSTER_ALARMS.offlinePartitions, {
      metric: cluster.metric('OfflinePartitionsCount'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 3,
      notify,
    });
    new PipelineAlarm(this, BROKER_ALARMS.underReplicated, {
      metric: highest('UnderMinIsrPartitionCount'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 2,
      notify,
    });
    new PipelineAlarm(this, BROKER_ALARMS.busy, {
      metric: lowest('CpuIdle', cloudwatch.Stats.AVERAGE),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // With more than 60 % of its CPU in use, a broker cannot take over from one that fails.
      threshold: 40,
      evaluationPeriods: 3,
      notify,
    });
    new PipelineAlarm(this, BROKER_ALARMS.diskFull, {
      metric: highest('KafkaDataLogsDiskUsed'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 85,
      evaluationPeriods: 1,
      notify,
    });
    new PipelineAlarm(this, BROKER_ALARMS.connections, {
      // A broker writes one value per minute and network thread, so the values have to be added.
      metric: highest('ClientConnectionCount', {
        dimensionsMap: { 'Client Authentication': 'IAM' },
        statistic: cloudwatch.Stats.SUM,
        period: Duration.minutes(1),
      }),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0.8 * MOST_IAM_CONNECTIONS,
      evaluationPeriods: 5,
      notify,
    });
    if (hasBrokerAlarm('refusals', kafka)) {
      new PipelineAlarm(this, BROKER_ALARMS.refusals, {
        // A broker accepts a limited number of new connections per second: 4 on a t3, 100 on others.
        metric: highest('IAMTooManyConnections'),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: 0,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        notify,
      });
    }
    if (hasBrokerAlarm('cpuCredits', kafka)) {
      const period = Duration.minutes(30);
      const metrics = cluster.metricsPerBroker('CPUCreditBalance', {
        statistic: cloudwatch.Stats.AVERAGE,
        period,
      });
      const ids = metrics.map((_, index) => `broker${index + 1}`);
      const spent = ids.map((id) => `IF(${id} < ${FEW_CREDITS} AND RATE(${id}) <= 0, 1, 0)`);
      new PipelineAlarm(this, BROKER_ALARMS.cpuCredits, {
        // A broker begins with no credits. Few of them are wrong only while they do not become more.
        metric: new cloudwatch.MathExpression({
          expression: `MAX([${spent.join(',')}])`,
          label: 'brokers with few credits that do not become more',
          usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`broker${index + 1}`, metric])),
          period,
        }),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold: 0,
        evaluationPeriods: 2,
        notify,
      });
    }
  }
}
