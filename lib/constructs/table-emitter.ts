import { Duration, Stack, Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as targets from 'aws-cdk-lib/aws-scheduler-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EmitterVariables } from '../../lambda/shared/environment';
import { heapOptions } from '../../lambda/shared/heap';
import { DIMENSIONS, METRICS, METRICS_NAMESPACE, SERVICE_NAME } from '../../lambda/shared/metric-names';
import { type PerStream, STREAMS } from '../../lambda/shared/streams';
import type { EmitterConfig } from '../config';
import type { KafkaCluster } from './kafka-cluster';
import { PipelineFunction } from './pipeline-function';
import type { SourceDatabase } from './source-database';

/** Time over which the shards start; the shortest window of EventBridge Scheduler. */
const SPREAD = Duration.minutes(1);

/** Properties of a {@link TableEmitter}. */
export interface TableEmitterProps {
  /** User id, as a dimension of the metrics. */
  readonly userId: string;
  readonly emitter: EmitterConfig;
  readonly vpc: ec2.IVpc;
  /** Subnets from which the database, Kafka and Secrets Manager can be reached. */
  readonly subnets: ec2.SubnetSelection;
  readonly database: SourceDatabase;
  readonly cluster: KafkaCluster;
}

/** The function that copies the tables into the topics, its schedules, and a queue for the events of failed runs. */
export class TableEmitter extends Construct {
  readonly fn: PipelineFunction;
  /** Queue for the events of failed runs, and of ticks that never started a run. */
  readonly failedRuns: sqs.Queue;
  /** Schedules of the shards, the primary's first. */
  readonly schedules: readonly scheduler.Schedule[];

  private readonly dimensionsMap: cloudwatch.DimensionsMap;

  constructor(scope: Construct, id: string, props: TableEmitterProps) {
    super(scope, id);
    const { userId, emitter, vpc, subnets, database, cluster } = props;
    const interval = Duration.minutes(emitter.everyMinutes);
    this.dimensionsMap = { [DIMENSIONS.service]: SERVICE_NAME, [DIMENSIONS.userId]: userId };

    this.failedRuns = new sqs.Queue(this, 'FailedRuns', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.failedRuns).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is itself a dead-letter queue. Nothing consumes it that could fail.',
    });

    this.fn = new PipelineFunction(this, 'Function', {
      description: `Emits the tables and their changes to the topics ${STREAMS.map(({ name }) => `${userId}.${name}`).join(', ')}`,
      folder: 'emitter',
      memorySize: emitter.memoryMB,
      timeout: Duration.seconds(emitter.timeoutSeconds),
      environment: {
        // A tenth of the memory is left for everything outside the heap, as in the Lambda runtime.
        NODE_OPTIONS: heapOptions(Math.floor(emitter.memoryMB * 0.9)).join(' '),
        POWERTOOLS_SERVICE_NAME: SERVICE_NAME,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      },
      vpc,
      subnets,
      tracing: lambda.Tracing.ACTIVE,
      // The next tick continues from the checkpoint. A retry would only get in its way.
      retryAttempts: 0,
      maxEventAge: interval,
      onFailure: new SqsDestination(this.failedRuns),
    });
    this.fn.addVariables<EmitterVariables>({
      COMPRESSION: emitter.compression,
      CHANGES: emitter.changes,
      EMIT_LIMIT: emitter.limit?.toString(),
      SHARDS: emitter.shards.toString(),
    });
    database.grantRead(this.fn);
    cluster.grantEmit(this.fn);

    const scheduleRole = new iam.Role(this, 'ScheduleRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    scheduleRole.addToPolicy(
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.fn.functionArn] }),
    );
    this.failedRuns.grantSendMessages(scheduleRole);
    this.schedules = Array.from({ length: emitter.shards }, (_, shard) => {
      const [name, what, event] =
        shard === 0
          ? ['Schedule', 'the emitter', {}]
          : [`Schedule${shard}`, `shard ${shard} of the emitter`, { shard }];
      const schedule = new scheduler.Schedule(this, name, {
        description: `Runs ${what} every ${emitter.everyMinutes} minutes`,
        schedule: scheduler.ScheduleExpression.rate(interval),
        // A t3 broker accepts four new IAM connections per second. The other shards start at any time of their minute.
        timeWindow: shard === 0 ? scheduler.TimeWindow.off() : scheduler.TimeWindow.flexible(SPREAD),
        target: new targets.LambdaInvoke(this.fn, {
          // Not to be extended, because the target would also allow every version of the function.
          role: scheduleRole.withoutPolicyUpdates(),
          input: scheduler.ScheduleTargetInput.fromObject(event),
          retryAttempts: 0,
          maxEventAge: interval,
          deadLetterQueue: this.failedRuns,
        }),
      });
      // A new schedule runs at once. The role without policy updates does not bring its policy along as a dependency.
      schedule.node.addDependency(scheduleRole);
      return schedule;
    });
  }

  /** Returns a metric that the emitter publishes; see `METRICS`. */
  metric(metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: this.dimensionsMap,
      ...options,
    });
  }

  /** Returns the dashboard widgets of the emitter. */
  widgets(): cloudwatch.IWidget[] {
    const period = Duration.minutes(5);
    const graph = (title: string, left: cloudwatch.IMetric[]) =>
      new cloudwatch.GraphWidget({ title, left, width: 8 });
    const perStream = (names: PerStream<string>, statistic: string) =>
      STREAMS.map(({ name }) => this.metric(names[name], { statistic, period, label: name }));
    return [
      graph('Emitter: rows emitted', perStream(METRICS.rowsEmitted, cloudwatch.Stats.SUM)),
      graph('Emitter: keys still to read', perStream(METRICS.lagKeys, cloudwatch.Stats.MAXIMUM)),
      graph('Emitter: runs, errors, dead letters', [
        this.fn.metricInvocations({ period, label: 'runs' }),
        this.fn.metricErrors({ period, label: 'errors' }),
        this.metric(METRICS.deadLetters, { statistic: 'Sum', period, label: 'dead letters' }),
      ]),
      graph('Emitter: length of a run (ms)', [
        this.metric(METRICS.runDuration, { statistic: 'p50', period, label: 'median' }),
        this.metric(METRICS.runDuration, { statistic: 'Maximum', period, label: 'longest' }),
      ]),
      graph('Emitter: changed keys followed', [
        this.metric(METRICS.changesFollowed, { statistic: 'Sum', period, label: 'keys' }),
      ]),
      graph('Emitter: behind the log (seconds)', [
        this.metric(METRICS.logBehindSeconds, { statistic: 'Maximum', period, label: 'seconds' }),
      ]),
      graph('Emitter: behind the log (bytes)', [
        this.metric(METRICS.logBehindBytes, { statistic: 'Maximum', period, label: 'bytes' }),
      ]),
      graph('Emitter: streams that do not follow changes', [
        this.metric(METRICS.copiedOnly, { statistic: 'Maximum', period, label: 'copied only' }),
        this.metric(METRICS.toReconcile, { statistic: 'Maximum', period, label: 'to reconcile' }),
      ]),
    ];
  }
}
