import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { PipelineConfig } from './config';
import { KafkaCluster } from './constructs/kafka-cluster';
import { PipelineAlarm } from './constructs/pipeline-alarm';
import { OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/** Properties of the {@link KafkaClusterStack}. */
export interface KafkaClusterStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
}

/** The Kafka cluster with its topics, and the alarms that watch the brokers. */
export class KafkaClusterStack extends Stack {
  readonly cluster: KafkaCluster;

  constructor(scope: Construct, id: string, { config, network, ...props }: KafkaClusterStackProps) {
    super(scope, id, {
      description:
        'Kafka cluster and topics. Removal deletes all messages and the checkpoint; the next emitter starts from the first row.',
      terminationProtection: true,
      ...props,
    });
    this.cluster = new KafkaCluster(this, 'Kafka', {
      userId: config.userId,
      kafka: config.kafka,
      vpc: network.vpc,
      subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    this.watch(this.cluster, network, config.kafka.brokerType);

    new CfnOutput(this, OUTPUTS.KafkaCluster.bootstrapServers, { value: this.cluster.bootstrapServers });
    new CfnOutput(this, OUTPUTS.KafkaCluster.clusterArn, { value: this.cluster.clusterArn });
  }

  /** Thresholds: https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html, where no other is named. */
  private watch(cluster: KafkaCluster, { alarmTopic: notify }: NetworkStack, brokerType: string): void {
    const { ComparisonOperator } = cloudwatch;
    const highest = (metricName: string, statistic?: string) => overBrokers('MAX', metricName, statistic);
    const lowest = (metricName: string, statistic?: string) => overBrokers('MIN', metricName, statistic);
    const overBrokers = (reduce: 'MAX' | 'MIN', metricName: string, statistic?: string) => {
      const metrics = cluster.metricsPerBroker(metricName, statistic);
      const ids = metrics.map((_, index) => `broker${index + 1}`);
      return new cloudwatch.MathExpression({
        expression: `${reduce}([${ids.join(',')}])`,
        label: metricName,
        usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`broker${index + 1}`, metric])),
      });
    };

    new PipelineAlarm(this, 'Kafka has no active controller', {
      metric: cluster.metric('ActiveControllerCount'),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      notify,
    });
    new PipelineAlarm(this, 'Kafka has offline partitions', {
      metric: cluster.metric('OfflinePartitionsCount'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 3,
      notify,
    });
    new PipelineAlarm(this, 'Kafka has too few copies in sync', {
      metric: highest('UnderMinIsrPartitionCount'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 2,
      notify,
    });
    new PipelineAlarm(this, 'Kafka brokers are short of CPU', {
      metric: lowest('CpuIdle', cloudwatch.Stats.AVERAGE),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      // Above 60 % in use, a broker has no room left to take over from one that fails.
      threshold: 40,
      evaluationPeriods: 3,
      notify,
    });
    new PipelineAlarm(this, 'Kafka disks are filling up', {
      metric: highest('KafkaDataLogsDiskUsed'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 85,
      evaluationPeriods: 1,
      notify,
    });
    new PipelineAlarm(this, 'Kafka refuses IAM connections', {
      metric: highest('IAMTooManyConnections'),
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      notify,
    });
    if (brokerType.startsWith('kafka.t3.')) {
      new PipelineAlarm(this, 'Kafka brokers run out of CPU credits', {
        metric: lowest('CPUCreditBalance', cloudwatch.Stats.MINIMUM),
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        // A t3.small earns 24 credits an hour and holds 576; 24 are the last quarter of an hour at full load of both CPUs.
        threshold: 24,
        evaluationPeriods: 2,
        notify,
      });
    }
  }
}
