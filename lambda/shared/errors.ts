/** Kinds of errors; each is the `name` of one class. */
export type EmitterErrorName =
  | 'ConfigurationError'
  | 'AccessDeniedError'
  | 'UnreachableError'
  | 'TableError'
  | 'TopicError'
  | 'CheckpointError'
  | 'SessionError'
  | 'FencedError'
  | 'UnknownError';

/**
 * The base of every error that the emitter throws on purpose.
 *
 * `retryable` says whether the same invocation, made again later and unchanged, may succeed.
 */
export abstract class EmitterError extends Error {
  abstract override readonly name: EmitterErrorName;
  abstract readonly retryable: boolean;
}

/** The environment, a credentials file, a secret or the event has a wrong value. Trying again cannot help. */
export class ConfigurationError extends EmitterError {
  override readonly name = 'ConfigurationError';
  override readonly retryable = false;
}

/** The database or Kafka knows the caller and refuses, or does not accept the login. */
export class AccessDeniedError extends EmitterError {
  override readonly name = 'AccessDeniedError';
  override readonly retryable = false;
}

/** A server did not answer, or went away in the middle. Nothing is lost: the next run goes on from the checkpoint. */
export class UnreachableError extends EmitterError {
  override readonly name = 'UnreachableError';
  override readonly retryable = true;
}

/** A table or its key column is missing, of a type that cannot be a key, or not readable for a reason that the database gives. */
export class TableError extends EmitterError {
  override readonly name = 'TableError';
  override readonly retryable = false;
}

/** A topic is missing, or refuses a message that is within the emitter's own limit. */
export class TopicError extends EmitterError {
  override readonly name = 'TopicError';
  override readonly retryable = false;
}

/** The checkpoint was not written by this emitter, or somebody else can write to it: going on from it could lose or repeat rows. */
export class CheckpointError extends EmitterError {
  override readonly name = 'CheckpointError';
  override readonly retryable = false;
}

/** The database server keeps a setting of its own that would change what a result holds. */
export class SessionError extends EmitterError {
  override readonly name = 'SessionError';
  override readonly retryable = false;
}

/** A newer run holds the transactional id; this one has stopped, and what it committed stays. */
export class FencedError extends EmitterError {
  override readonly name = 'FencedError';
  override readonly retryable = false;
}

/** A server answered with something that nobody has foreseen; the message has the server's own code. Not retried: nobody knows whether that helps. */
export class UnknownError extends EmitterError {
  override readonly name = 'UnknownError';
  override readonly retryable = false;
}

/** Whether an error says of itself that a later try may succeed. */
export const isRetryable = (error: unknown): boolean => error instanceof EmitterError && error.retryable;
