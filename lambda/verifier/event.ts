import * as z from 'zod';
import { ConfigurationError } from '../shared/errors';
import { STREAMS, type Stream } from '../shared/streams';
import type { KeysRequest } from './verify';

/**
 * Maximum of keys of one table in a report of the function: those of three tables are 4 MB at most, and Lambda answers
 * with up to 6 MB. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MOST_KEYS = 60_000;

/** The event that the verifier takes. Other fields are ignored. */
export interface VerifyEvent {
  readonly keys?: KeysRequest | undefined;
}

const limitMessage = `allowed: a whole number from 1 to ${MOST_KEYS}`;
const keyMessage = 'allowed: a key as a string of digits';

const afterSchema = z.strictObject(
  Object.fromEntries(
    STREAMS.map(({ table }) => [
      table,
      z
        .string(keyMessage)
        .regex(/^\d{1,19}$/, keyMessage)
        .optional(),
    ]),
  ) as Record<Stream['table'], z.ZodOptional<z.ZodString>>,
);

const eventSchema = z.object({
  keys: z
    .strictObject({
      limit: z.number(limitMessage).int(limitMessage).min(1, limitMessage).max(MOST_KEYS, limitMessage),
      after: afterSchema.optional(),
    })
    .optional(),
});

/**
 * Reads an event.
 *
 * @throws ConfigurationError naming the field, and what is allowed.
 */
export function parseVerifyEvent(event: unknown): VerifyEvent {
  const parsed = eventSchema.safeParse(event ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'the event' : path.join('.')}: ${message}`,
  );
  throw new ConfigurationError(`The event is refused. ${problems.join('; ')}.`);
}
