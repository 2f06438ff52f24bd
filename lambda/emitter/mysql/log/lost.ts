import { LogLostError } from '../../../shared/errors';

/** Length of the longest reason, which is kept with the checkpoint and shown in an alarm. */
const LONGEST_REASON = 119;

/** The error that the log does not say what changed; its message is the short reason. */
export const lost = (reason: string, cause?: unknown): LogLostError =>
  new LogLostError(reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON - 1)}…` : reason, {
    cause,
  });
