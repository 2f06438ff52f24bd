/**
 * The three streams of the pipeline: which table feeds which topic, and which column of the table is its key.
 *
 * A closed set: topics, access policies, types, dashboards and tests are derived from these rows.
 */
export const STREAMS = [
  { name: 'pin', table: 'pinterest_data', keyColumn: 'index' },
  { name: 'geo', table: 'geolocation_data', keyColumn: 'ind' },
  { name: 'user', table: 'user_data', keyColumn: 'ind' },
] as const;

/** One row of {@link STREAMS}. */
export type Stream = (typeof STREAMS)[number];

/** The short name of a stream; also the suffix of its topic. */
export type StreamName = Stream['name'];

/** One value for each stream. */
export type PerStream<T> = Record<StreamName, T>;

/** The name of the topic that a stream's rows go to: `<UserId>.pin`, `<UserId>.geo` or `<UserId>.user`. */
export const topicOf = (userId: string, stream: StreamName): string => `${userId}.${stream}`;

/** The name of the topic for rows that cannot be emitted: `<UserId>.dead-letter`. */
export const deadLetterTopicOf = (userId: string): string => `${userId}.dead-letter`;

/** All topics of a user: one for each stream, and the one for dead letters. */
export const topicsOf = (userId: string): string[] => [
  ...STREAMS.map(({ name }) => topicOf(userId, name)),
  deadLetterTopicOf(userId),
];

/** Builds one value for each stream. */
export const perStream = <T>(build: (stream: Stream) => T): PerStream<T> =>
  Object.fromEntries(STREAMS.map((stream) => [stream.name, build(stream)])) as PerStream<T>;

/**
 * A shard's transactional id, and the consumer group whose committed offsets are its checkpoint: `<UserId>.emitter` of
 * the primary, shard 0, and `<UserId>.emitter.<shard>` of any other.
 */
export const emitterIdOf = (userId: string, shard = 0): string =>
  shard === 0 ? `${userId}.emitter` : `${userId}.emitter.${shard}`;

/** The consumer group of the function that compares topics with tables: `<UserId>.verifier`. */
export const verifierIdOf = (userId: string): string => `${userId}.verifier`;
