import { problemsOf, type TopicFacts } from '../../../../lambda/shared/kafka/topic-problems';

/** A topic as the stacks and `npm start` make it, with other settings where they are given. */
const topic = (settings: TopicFacts['settings'], inSync = 3): TopicFacts => ({
  topic: 'ada.pin',
  settings: {
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    'max.message.bytes': '1048588',
    'message.timestamp.after.max.ms': '9223372036854775807',
    'message.timestamp.before.max.ms': '9223372036854775807',
    'message.timestamp.type': 'CreateTime',
    'min.insync.replicas': '2',
    'retention.bytes': '-1',
    'retention.ms': '-1',
    'segment.bytes': '1073741824',
    ...settings,
  },
  partitions: [
    { replicas: 3, inSync: 3 },
    { replicas: 3, inSync },
  ],
});

test.each<[string, TopicFacts]>([
  ['as it is made', topic({})],
  ['with one replica out of sync', topic({}, 2)],
  ['of which nothing is told', { topic: 'ada.pin', settings: {}, partitions: [{ replicas: 1, inSync: 1 }] }],
  [
    'that stamps messages itself',
    topic({ 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1' }),
  ],
  ['with codecs that are known', topic({ 'compression.type': 'zstd' })],
  ['that takes the largest send', topic({ 'max.message.bytes': '900000' })],
  // Kafka 4's default.
  ['that takes messages of an hour ahead', topic({ 'message.timestamp.after.max.ms': '3600000' })],
  [
    'that is compacted and whose retention says nothing',
    topic({ 'cleanup.policy': 'delete', 'retention.ms': '-1' }),
  ],
])('a topic %s has no problem', (_, facts) => {
  expect(problemsOf(facts)).toEqual([]);
});

test.each<[TopicFacts, string, string]>([
  [
    topic({ 'max.message.bytes': '899999' }),
    'refuse',
    "Topic ada.pin: max.message.bytes is 899999, and the emitter sends up to 900000; Kafka's default is 1048588.",
  ],
  [
    topic({ 'segment.bytes': '20000' }),
    'refuse',
    "Topic ada.pin: segment.bytes is 20000, and the emitter sends up to 900000; Kafka's default is 1073741824.",
  ],
  [
    topic({ 'message.timestamp.difference.max.ms': '0' }),
    'refuse',
    'Topic ada.pin: message.timestamp.difference.max.ms is 0, which refuses messages that are written now; it must be 60000 or more.',
  ],
  [
    topic({ 'min.insync.replicas': '4' }),
    'refuse',
    'Topic ada.pin: min.insync.replicas is 4, and it has 3 replicas, so that nothing can be written.',
  ],
  [topic({}, 1), 'wait', 'Topic ada.pin: min.insync.replicas is 2, and 1 of 3 replicas are in sync now.'],
  [
    topic({ 'message.timestamp.before.max.ms': '5000' }),
    'refuse',
    'Topic ada.pin: message.timestamp.before.max.ms is 5000, which refuses messages that are written now; it must be 60000 or more.',
  ],
  [
    topic({ 'message.timestamp.after.max.ms': '0' }),
    'refuse',
    'Topic ada.pin: message.timestamp.after.max.ms is 0, which refuses messages that are written now; it must be 60000 or more.',
  ],
  [
    topic({ 'cleanup.policy': 'compact' }),
    'warn',
    'Topic ada.pin: cleanup.policy has compact: only the newest record of a key is kept, so rows that share a key are lost; ignore this where the key of the table is unique.',
  ],
  [
    topic({ 'retention.ms': '604800000' }),
    'warn',
    'Topic ada.pin: retention.ms is 604800000: rows disappear after 7 days; -1 keeps them.',
  ],
  [
    topic({ 'retention.ms': '3600000' }),
    'warn',
    'Topic ada.pin: retention.ms is 3600000: rows disappear after 0.04 days; -1 keeps them.',
  ],
  [
    topic({ 'retention.bytes': '1073741824' }),
    'warn',
    'Topic ada.pin: retention.bytes is 1073741824: rows disappear when a partition is larger; -1 keeps them.',
  ],
  [
    topic({ 'compression.type': 'lz4' }),
    'unreadable',
    'Topic ada.pin: compression.type is lz4, which "npm run verify" cannot read: allowed: producer, uncompressed, gzip, zstd.',
  ],
])('%j: %s', (facts, severity, message) => {
  expect(problemsOf(facts)).toEqual([{ topic: 'ada.pin', severity, message }]);
});

test('a compacted topic keeps its records whatever their age, unless it deletes them, too', () => {
  const settings = { 'cleanup.policy': 'compact', 'retention.ms': '604800000' };
  expect(problemsOf(topic(settings))).toHaveLength(1);
  expect(problemsOf(topic({ ...settings, 'cleanup.policy': 'compact,delete' }))).toHaveLength(2);
});
