import { MAX_MESSAGE_BYTES } from '../message';

/** The settings of a topic that matter to the emitter and to readers. https://kafka.apache.org/39/documentation.html#topicconfigs */
export const TOPIC_SETTINGS = [
  'cleanup.policy',
  'compression.type',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.difference.max.ms',
  'message.timestamp.type',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
] as const;

/** A topic as it is. */
export interface TopicFacts {
  readonly topic: string;
  /** Values by name. One that the broker does not know, or does not tell, is absent. */
  readonly settings: Readonly<Partial<Record<(typeof TOPIC_SETTINGS)[number], string>>>;
  readonly partitions: readonly { readonly replicas: number; readonly inSync: number }[];
}

/** Something about a topic that is in the way of the emitter, or of readers. */
export interface TopicProblem {
  readonly topic: string;
  /**
   * `refuse`: rows would be refused, so none is sent. `wait`: the same, until brokers have come back. `unreadable`: rows
   * can be sent, and readers of this project cannot decode them. `warn`: rows will be lost later.
   */
  readonly severity: 'refuse' | 'wait' | 'unreadable' | 'warn';
  /** A sentence that names the topic and its setting. */
  readonly message: string;
}

/** Codecs of topics that kafkajs cannot decode. */
const UNREADABLE_CODECS: readonly (string | undefined)[] = ['snappy', 'lz4'];

/** Limits of a message's time; brokers before 4.0 have the last one for both directions. */
const TIMESTAMP_LIMITS = [
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
  'message.timestamp.difference.max.ms',
] as const;

/** A message is this old at most when it reaches a broker, in milliseconds: it may be sent several times. */
const OLDEST_MESSAGE_MS = 60_000;

const DAY_MS = 86_400_000;

/** Finds what is wrong with a topic. */
export function problemsOf({ topic, settings, partitions }: TopicFacts): TopicProblem[] {
  const problems: TopicProblem[] = [];
  const add = (severity: TopicProblem['severity'], message: string): void =>
    void problems.push({ topic, severity, message: `Topic ${topic}: ${message}.` });
  const numberOf = (name: (typeof TOPIC_SETTINGS)[number]): number | undefined =>
    settings[name] === undefined ? undefined : Number(settings[name]);

  const largest = numberOf('max.message.bytes');
  if (largest !== undefined && largest < MAX_MESSAGE_BYTES) {
    add(
      'refuse',
      `max.message.bytes is ${largest}, and the emitter sends up to ${MAX_MESSAGE_BYTES}; Kafka's default is 1048588`,
    );
  }

  const segment = numberOf('segment.bytes');
  if (segment !== undefined && segment < MAX_MESSAGE_BYTES) {
    add(
      'refuse',
      `segment.bytes is ${segment}, and the emitter sends up to ${MAX_MESSAGE_BYTES}; Kafka's default is 1073741824`,
    );
  }

  const needed = numberOf('min.insync.replicas') ?? 0;
  const replicas = Math.min(...partitions.map((partition) => partition.replicas));
  const inSync = Math.min(...partitions.map((partition) => partition.inSync));
  if (needed > replicas) {
    add(
      'refuse',
      `min.insync.replicas is ${needed}, and it has ${replicas} replicas, so that nothing can be written`,
    );
  } else if (needed > inSync) {
    add('wait', `min.insync.replicas is ${needed}, and ${inSync} of ${replicas} replicas are in sync now`);
  }

  if (settings['message.timestamp.type'] !== 'LogAppendTime') {
    for (const name of TIMESTAMP_LIMITS) {
      const limit = numberOf(name);
      if (limit !== undefined && limit < OLDEST_MESSAGE_MS) {
        add(
          'refuse',
          `${name} is ${limit}, which refuses messages that are written now; it must be ${OLDEST_MESSAGE_MS} or more`,
        );
      }
    }
  }

  const policies = (settings['cleanup.policy'] ?? '').split(',');
  if (policies.includes('compact')) {
    add(
      'warn',
      'cleanup.policy has compact: only the newest record of a key is kept, so rows that share a key are lost; ignore this where the key of the table is unique',
    );
  }
  const retentionMs = numberOf('retention.ms') ?? -1;
  if (policies.includes('delete') && retentionMs >= 0) {
    const days = (retentionMs / DAY_MS).toLocaleString('en', { maximumFractionDigits: 2 });
    add('warn', `retention.ms is ${retentionMs}: rows disappear after ${days} days; -1 keeps them`);
  }
  const retentionBytes = numberOf('retention.bytes') ?? -1;
  if (policies.includes('delete') && retentionBytes >= 0) {
    add(
      'warn',
      `retention.bytes is ${retentionBytes}: rows disappear when a partition is larger; -1 keeps them`,
    );
  }

  const codec = settings['compression.type'];
  if (UNREADABLE_CODECS.includes(codec)) {
    add(
      'unreadable',
      `compression.type is ${codec}, which "npm run verify" cannot read: allowed: producer, uncompressed, gzip, zstd`,
    );
  }
  return problems;
}
