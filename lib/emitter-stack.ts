import { CfnOutput, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { METRICS } from '../lambda/shared/metric-names';
import { EMITTER_ALARMS, emitterAlarms } from './alarms';
import type { EmitterConfig, PipelineConfig } from './config';
import type { KafkaCluster } from './constructs/kafka-cluster';
import { PipelineAlarm } from './constructs/pipeline-alarm';
import { PipelineVerifier } from './constructs/pipeline-verifier';
import type { SourceDatabase } from './constructs/source-database';
import { TableEmitter } from './constructs/table-emitter';
import { nameOf, OUTPUTS } from './names';
import type { NetworkStack } from './network-stack';

/** Number of consecutive runs with a backlog that raises an alarm. */
const RUNS_TO_CATCH_UP = 12;

/** Period of the metric that shows runs. Short periods end an alarm's memory of the last run soon. */
const SILENCE_PERIOD = Duration.minutes(5);

/** Properties of the {@link EmitterStack}. */
export interface EmitterStackProps extends StackProps {
  readonly config: PipelineConfig;
  readonly network: NetworkStack;
  readonly database: SourceDatabase;
  readonly cluster: KafkaCluster;
}

/** The emitter, the verifier, their alarms, and a dashboard for the whole pipeline. */
export class EmitterStack extends Stack {
  constructor(scope: Construct, id: string, props: EmitterStackProps) {
    const { config, network, database, cluster, ...stackProps } = props;
    super(scope, id, {
      description: 'Emitter. Removal stops it; its checkpoint stays in Kafka.',
      ...stackProps,
    });
    const between = { vpc: network.vpc, subnets: network.emitterSubnets, database, cluster };
    const emitter = new TableEmitter(this, 'Emitter', {
      userId: config.userId,
      emitter: config.emitter,
      ...between,
    });
    const verifier = new PipelineVerifier(this, 'Verifier', between);
    for (const { fn } of [emitter, verifier]) network.allowSecretsManager(fn);
    this.watch(emitter, network, config.emitter);

    const dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: nameOf(config.userId, 'Pipeline'),
      widgets: [emitter.widgets(), cluster.widgets(), database.widgets()],
    });

    new CfnOutput(this, OUTPUTS.Emitter.functionName, { value: emitter.fn.functionName });
    new CfnOutput(this, OUTPUTS.Emitter.verifierName, { value: verifier.fn.functionName });
    new CfnOutput(this, OUTPUTS.Emitter.scheduleNames, {
      value: Fn.join(
        ' ',
        emitter.schedules.map(({ scheduleName }) => scheduleName),
      ),
    });
    new CfnOutput(this, OUTPUTS.Emitter.dashboardName, { value: dashboard.dashboardName });
  }

  private watch(emitter: TableEmitter, { alarmTopic: notify }: NetworkStack, config: EmitterConfig): void {
    const interval = Duration.minutes(config.everyMinutes);
    const any = {
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 0,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      notify,
    };

    new PipelineAlarm(this, EMITTER_ALARMS.fails, {
      ...any,
      metric: emitter.fn.metricErrors({ period: interval }),
    });
    new PipelineAlarm(this, EMITTER_ALARMS.throttled, {
      ...any,
      metric: emitter.fn.metricThrottles({ period: interval }),
    });
    new PipelineAlarm(this, EMITTER_ALARMS.deadLetters, {
      ...any,
      metric: emitter.metric(METRICS.deadLetters, { statistic: cloudwatch.Stats.SUM, period: interval }),
    });
    new PipelineAlarm(this, EMITTER_ALARMS.failedRuns, {
      ...any,
      metric: emitter.failedRuns.metricApproximateNumberOfMessagesVisible({ period: interval }),
    });
    new PipelineAlarm(this, EMITTER_ALARMS.behind, {
      // The minimum over all shards: 0 as soon as one of them is behind.
      metric: emitter.metric(METRICS.caughtUp, { statistic: cloudwatch.Stats.MINIMUM, period: interval }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: RUNS_TO_CATCH_UP,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      notify,
    });
    new PipelineAlarm(this, EMITTER_ALARMS.slow, {
      metric: emitter.fn.metricDuration({ statistic: cloudwatch.Stats.p(99), period: interval }),
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      // The emitter stops 20 s before the function's timeout, and the chunk in flight gets 10 s more.
      threshold: (config.timeoutSeconds - 10) * 1000,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      notify,
    });
    new PipelineAlarm(this, EMITTER_ALARMS.silent, {
      // With several shards, only the primary reports every run. The others report nothing while they have no range.
      metric:
        config.shards === 1
          ? emitter.fn.metricInvocations({ period: SILENCE_PERIOD })
          : emitter.metric(METRICS.runDuration, {
              statistic: cloudwatch.Stats.SAMPLE_COUNT,
              period: SILENCE_PERIOD,
            }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: Duration.hours(1).toMinutes() / SILENCE_PERIOD.toMinutes(),
      // Lambda publishes nothing while nothing runs. If missing data were breaching, the alarm would fire at its creation,
      // before the first run. So silence is the change from data to no data.
      treatMissingData: cloudwatch.TreatMissingData.MISSING,
      notifyWithoutData: true,
      notify,
    });
    const atLeastOneStream = {
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 1,
      // The state lasts until a run says otherwise, also while no run ends.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
      notify,
    };
    const mostOfARun = { statistic: cloudwatch.Stats.MAXIMUM, period: interval };
    new PipelineAlarm(this, EMITTER_ALARMS.lostChanges, {
      ...atLeastOneStream,
      metric: emitter.metric(METRICS.toReconcile, mostOfARun),
    });
    if (emitterAlarms(config).includes('copiedOnly')) {
      new PipelineAlarm(this, EMITTER_ALARMS.copiedOnly, {
        ...atLeastOneStream,
        metric: emitter.metric(METRICS.copiedOnly, mostOfARun),
      });
    }
  }
}
