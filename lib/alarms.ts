import type { EmitterConfig, KafkaConfig } from './config';

/**
 * Titles of the alarms. They are here, and not in the stacks, so that the bill can count them without loading the CDK.
 *
 * Each title is the heading of a runbook entry.
 */

/** Alarms of the Emitter stack. Each watches one metric. */
export const EMITTER_ALARMS = {
  fails: 'Emitter fails',
  throttled: 'Emitter is throttled',
  deadLetters: 'Rows went to the dead-letter topic',
  failedRuns: 'Failed runs are waiting in the queue',
  behind: 'Emitter does not catch up',
  slow: 'Emitter runs past its deadline',
  silent: 'Emitter has not run for an hour',
  lostChanges: 'Changes were lost',
  copiedOnly: 'Changes are not followed',
} as const;

/** Lists the alarms of the Emitter stack in a configuration. */
export const emitterAlarms = ({ changes }: EmitterConfig): (keyof typeof EMITTER_ALARMS)[] =>
  (Object.keys(EMITTER_ALARMS) as (keyof typeof EMITTER_ALARMS)[]).filter(
    // Not to follow changes is what `copy` asks for.
    (alarm) => alarm !== 'copiedOnly' || changes === 'follow',
  );

/** Alarms of the KafkaCluster stack that watch one metric of the whole cluster. */
export const CLUSTER_ALARMS = {
  noController: 'Kafka has no active controller',
  offlinePartitions: 'Kafka has offline partitions',
} as const;

/** Alarms of the KafkaCluster stack that watch one metric of every broker. */
export const BROKER_ALARMS = {
  underReplicated: 'Kafka has too few copies in sync',
  busy: 'Kafka brokers are short of CPU',
  diskFull: 'Kafka disks are filling up',
  connections: 'Kafka is running out of IAM connections',
  refusals: 'Kafka refuses IAM connections',
  cpuCredits: 'Kafka brokers run out of CPU credits',
} as const;

/** Says whether a cluster can have an alarm: some watch a metric that not every cluster publishes. */
export function hasBrokerAlarm(alarm: keyof typeof BROKER_ALARMS, kafka: KafkaConfig): boolean {
  switch (alarm) {
    case 'refusals':
      return kafka.monitoring === 'PER_BROKER';
    case 'cpuCredits':
      return kafka.brokerType.startsWith('kafka.t3.');
    default:
      return true;
  }
}

/** Number of metrics that the alarms of a cluster watch. AWS bills an alarm once for every metric that it watches. */
export function kafkaAlarmMetrics(kafka: KafkaConfig): number {
  const alarms = Object.keys(BROKER_ALARMS) as (keyof typeof BROKER_ALARMS)[];
  const ofBrokers = alarms.filter((alarm) => hasBrokerAlarm(alarm, kafka));
  return Object.keys(CLUSTER_ALARMS).length + kafka.brokers * ofBrokers.length;
}
