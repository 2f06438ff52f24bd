import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSIONS, METRICS, METRICS_NAMESPACE, SERVICE_NAME } from '../shared/metric-names';
import { STREAMS } from '../shared/streams';
import { COPIED_ONLY, type EmitSummary, hasEmitted, RECONCILE } from './summary';

/** The emitter's logger: one JSON object a line, on standard output. */
export const createLogger = (): Logger => new Logger({ serviceName: SERVICE_NAME });

/**
 * Publishes a run's metrics, as a log line in CloudWatch's embedded metric format. A dry run has none, and neither has a
 * shard that had nothing to do: it would hide that the primary does not run.
 */
export function publishMetrics(summary: EmitSummary): void {
  if (summary.dryRun || isIdleShard(summary)) return;
  const metrics = new Metrics({
    namespace: METRICS_NAMESPACE,
    serviceName: SERVICE_NAME,
    defaultDimensions: { [DIMENSIONS.userId]: summary.userId },
  });
  for (const { name } of STREAMS) {
    metrics.addMetric(METRICS.rowsEmitted[name], MetricUnit.Count, summary.emitted[name]);
    metrics.addMetric(METRICS.lagKeys[name], MetricUnit.Count, summary.lagKeys[name]);
  }
  metrics.addMetric(METRICS.maxLagKeys, MetricUnit.Count, Math.max(...Object.values(summary.lagKeys)));
  const { followed, changes, behind } = summary;
  const streamsThat = (word: string): number =>
    Object.values(changes).filter((text) => text.startsWith(word)).length;
  metrics.addMetric(METRICS.changesFollowed, MetricUnit.Count, sum(Object.values(followed)));
  metrics.addMetric(METRICS.logBehindSeconds, MetricUnit.Seconds, behind.seconds);
  metrics.addMetric(METRICS.logBehindBytes, MetricUnit.Bytes, behind.bytes);
  metrics.addMetric(METRICS.copiedOnly, MetricUnit.Count, streamsThat(COPIED_ONLY));
  metrics.addMetric(METRICS.toReconcile, MetricUnit.Count, streamsThat(RECONCILE));
  metrics.addMetric(METRICS.deadLetters, MetricUnit.Count, summary.deadLettered);
  metrics.addMetric(METRICS.runDuration, MetricUnit.Milliseconds, summary.elapsedMs);
  metrics.addMetric(METRICS.caughtUp, MetricUnit.Count, summary.caughtUp ? 1 : 0);
  metrics.publishStoredMetrics();
}

const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

const isIdleShard = (summary: EmitSummary): boolean =>
  summary.shard > 0 && summary.caughtUp && !hasEmitted(summary);
