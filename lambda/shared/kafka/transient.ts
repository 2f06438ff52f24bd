import { setTimeout as sleep } from 'node:timers/promises';
import { protocolErrorType } from './kafka-errors';

/** The answer of a broker that has not heard of a new topic yet, though others have. */
export const TOPIC_IS_YOUNG: readonly string[] = ['UNKNOWN_TOPIC_OR_PARTITION'];

/** The answers of a coordinator to a group that nobody used before; the client does not try again. */
export const GROUP_IS_YOUNG: readonly string[] = [
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  ...TOPIC_IS_YOUNG,
];

/** The transaction before is committed, but not yet known as such to every broker. */
export const TRANSACTION_IS_ENDING: readonly string[] = ['CONCURRENT_TRANSACTIONS'];

/** Timeout for such a state to pass, in milliseconds; commonly a few. */
const LONGEST_MS = 30_000;

/** From one try to the next, in milliseconds. */
const PAUSE_MS = 20;

/**
 * Makes a request again while Kafka answers with one of these errors, which pass by themselves.
 *
 * @param pauseMs from one try to the next. @default 20
 */
export async function whileTransient<T>(
  errorTypes: readonly string[],
  request: () => Promise<T>,
  pauseMs = PAUSE_MS,
): Promise<T> {
  for (const end = Date.now() + LONGEST_MS; ; ) {
    try {
      return await request();
    } catch (error) {
      if (!errorTypes.includes(protocolErrorType(error) ?? '') || Date.now() >= end) throw error;
      await sleep(pauseMs);
    }
  }
}
