/**
 * Metrics that the monitoring level `PER_BROKER` adds for each broker. Each is billed as a custom metric.
 *
 * Source: the list of AWS's own tool for MSK, awslabs/mcp, src/aws-msk-mcp-server/awslabs/aws_msk_mcp_server/tools/
 * logs_and_telemetry/metric_config.py (read on 2026-11-28), which has 58. Ten of them are about tiered storage, which no
 * cluster of this project has; they get no values, and are not here.
 */
export const PER_BROKER_METRICS: readonly string[] = [
  'BwInAllowanceExceeded',
  'BwOutAllowanceExceeded',
  'ConntrackAllowanceExceeded',
  'ConnectionCloseRate',
  'ConnectionCreationRate',
  'CpuCreditUsage',
  'FetchConsumerLocalTimeMsMean',
  'FetchConsumerRequestQueueTimeMsMean',
  'FetchConsumerResponseQueueTimeMsMean',
  'FetchConsumerResponseSendTimeMsMean',
  'FetchConsumerTotalTimeMsMean',
  'FetchFollowerLocalTimeMsMean',
  'FetchFollowerRequestQueueTimeMsMean',
  'FetchFollowerResponseQueueTimeMsMean',
  'FetchFollowerResponseSendTimeMsMean',
  'FetchFollowerTotalTimeMsMean',
  'FetchMessageConversionsPerSec',
  'FetchThrottleByteRate',
  'FetchThrottleQueueSize',
  'FetchThrottleTime',
  'IAMNumberOfConnectionRequests',
  'IAMTooManyConnections',
  'NetworkProcessorAvgIdlePercent',
  'PpsAllowanceExceeded',
  'ProduceLocalTimeMsMean',
  'ProduceMessageConversionsPerSec',
  'ProduceMessageConversionsTimeMsMean',
  'ProduceRequestQueueTimeMsMean',
  'ProduceResponseQueueTimeMsMean',
  'ProduceResponseSendTimeMsMean',
  'ProduceThrottleByteRate',
  'ProduceThrottleQueueSize',
  'ProduceThrottleTime',
  'ReplicationBytesInPerSec',
  'ReplicationBytesOutPerSec',
  'RequestExemptFromThrottleTime',
  'RequestHandlerAvgIdlePercent',
  'RequestThrottleQueueSize',
  'RequestThrottleTime',
  'TcpConnections',
  'TrafficBytes',
  'VolumeQueueLength',
  'VolumeReadBytes',
  'VolumeReadOps',
  'VolumeTotalReadTime',
  'VolumeTotalWriteTime',
  'VolumeWriteBytes',
  'VolumeWriteOps',
];

/** Metric of {@link PER_BROKER_METRICS} that only brokers with CPU credits publish. */
const OF_CREDITS = 'CpuCreditUsage';

/** Number of metrics that `PER_BROKER` adds for a broker of this type. */
export const metricsPerBroker = (brokerType: string): number =>
  PER_BROKER_METRICS.filter((name) => name !== OF_CREDITS || brokerType.startsWith('kafka.t3.')).length;
