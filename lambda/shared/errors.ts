/** Kinds of errors; each is the `name` of one class. */
export type PipelineErrorName =
  | 'ConfigurationError'
  | 'AccessDeniedError'
  | 'UnreachableError'
  | 'TableError'
  | 'TopicError'
  | 'CheckpointError'
  | 'SessionError'
  | 'LogRefusedError'
  | 'LogLostError'
  | 'FencedError'
  | 'UnknownError';

/**
 * Base of the errors that the functions and commands throw on purpose.
 *
 * `retryable` says whether the same invocation, made again later and unchanged, may succeed.
 */
export abstract class PipelineError extends Error {
  abstract override readonly name: PipelineErrorName;
  abstract readonly retryable: boolean;
}

/** The environment, a credentials file, a secret or the event has a wrong value. Trying again cannot help. */
export class ConfigurationError extends PipelineError {
  override readonly name = 'ConfigurationError';
  override readonly retryable = false;
}

/** The database or Kafka knows the caller and refuses, or does not accept the login. */
export class AccessDeniedError extends PipelineError {
  override readonly name = 'AccessDeniedError';
  override readonly retryable = false;
}

/** A server did not answer, or went away in the middle. Nothing is lost: the next run goes on from the checkpoint. */
export class UnreachableError extends PipelineError {
  override readonly name = 'UnreachableError';
  override readonly retryable = true;
}

/** A table or its key column is missing, of a type that cannot be a key, or not readable for a reason that the database gives. */
export class TableError extends PipelineError {
  override readonly name = 'TableError';
  override readonly retryable = false;
}

/** A topic is missing, or refuses a message that is within the emitter's own limit. */
export class TopicError extends PipelineError {
  override readonly name = 'TopicError';
  override readonly retryable = false;
}

/** The checkpoint was not written by this emitter, or somebody else can write to it: going on from it could lose or repeat rows. */
export class CheckpointError extends PipelineError {
  override readonly name = 'CheckpointError';
  override readonly retryable = false;
}

/** The database server keeps a setting of its own that would change what a result holds. */
export class SessionError extends PipelineError {
  override readonly name = 'SessionError';
  override readonly retryable = false;
}

/** The log of changes cannot be read: the message names the missing grant or setting. */
export class LogRefusedError extends PipelineError {
  override readonly name = 'LogRefusedError';
  override readonly retryable = false;
}

/** The log of changes does not say, or not any more, what changed in a table: only a reconciliation makes up for it. */
export class LogLostError extends PipelineError {
  override readonly name = 'LogLostError';
  override readonly retryable = false;
}

/** A newer run holds the transactional id; this one has stopped, and what it committed stays. */
export class FencedError extends PipelineError {
  override readonly name = 'FencedError';
  override readonly retryable = false;
}

/** A server answered with something that nobody has foreseen; the message has the server's own code. Not retried: nobody knows whether that helps. */
export class UnknownError extends PipelineError {
  override readonly name = 'UnknownError';
  override readonly retryable = false;
}

/** Whether an error says of itself that a later try may succeed. */
export const isRetryable = (error: unknown): boolean => error instanceof PipelineError && error.retryable;
