import type { PerStream } from './streams';

/** The CloudWatch namespace of the emitter's metrics. */
export const METRICS_NAMESPACE = 'PinterestDataPipeline';

/** The name that the emitter gives to itself; the value of the dimension {@link DIMENSIONS.service}. */
export const SERVICE_NAME = 'emitter';

/** The dimensions of every metric of the emitter. */
export const DIMENSIONS = {
  /** {@link SERVICE_NAME}. */
  service: 'service',
  /** The user's id. */
  userId: 'UserId',
} as const;

/** The emitter's metrics of one run, by name; alarms and the dashboard read what the emitter writes. */
export const METRICS = {
  /** Rows that were committed to a topic in this run. Count. */
  rowsEmitted: { pin: 'PinRowsEmitted', geo: 'GeoRowsEmitted', user: 'UserRowsEmitted' },
  /** Distance from the checkpoint of a table to the end of the table, in keys. Count. */
  lagKeys: { pin: 'PinLagKeys', geo: 'GeoLagKeys', user: 'UserLagKeys' },
  /** The largest of the three distances. Count. */
  maxLagKeys: 'LagKeys',
  /** Rows that could not be emitted and went to the dead-letter topic. Count. */
  deadLetters: 'DeadLetters',
  /** Keys that had changed and were read again in this run. Count. */
  changesFollowed: 'ChangesFollowed',
  /** How far behind the log of changes the run began: the age of the oldest transaction that was not followed yet, in seconds. */
  logBehindSeconds: 'LogBehindSeconds',
  /** How far behind the log of changes the run began, in bytes of the log. */
  logBehindBytes: 'LogBehindBytes',
  /** Streams whose changes cannot be followed, so that rows are only copied. Count. */
  copiedOnly: 'CopiedOnlyStreams',
  /** Streams that have lost changes and need a reconciliation. Count. */
  toReconcile: 'StreamsToReconcile',
  /** Duration of the run, in milliseconds. */
  runDuration: 'RunDuration',
  /** 1 if the run reached the end of the three tables, 0 if not. Count. */
  caughtUp: 'CaughtUp',
} as const satisfies Record<string, string | PerStream<string>>;
