/**
 * Base of the errors that a user can do something about.
 *
 * Their message is all that a command prints: a stack trace would hide it.
 */
export class ExpectedError extends Error {}

/**
 * Tells whether the message of an error is all that its reader needs.
 *
 * The errors of the functions are thrown here, too, and cannot extend a class of scripts. They are known by the flag
 * that each of them has: whether to retry.
 */
export const isExpected = (error: unknown): error is Error =>
  error instanceof ExpectedError ||
  (error instanceof Error && typeof (error as { retryable?: unknown }).retryable === 'boolean');
