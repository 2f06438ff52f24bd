import { FencedError, isRetryable } from '../shared/errors';
import { raceAbort } from '../shared/race-abort';
import type { EmitParts } from './ports';
import type { Session, StopReason } from './session';

/** Failures in a row, without a commit in between, after which a run ends; the next scheduled one goes on. */
export const MOST_FAILURES = 5;

/** The wait after the first failure, in milliseconds; doubled after each further one. */
const FIRST_DELAY_MS = 250;

/**
 * Makes attempts until one ends. After a failure, whose outcome is unknown, the next attempt opens the session again and
 * goes on from the checkpoint as Kafka then has it, never from memory.
 *
 * @param attempt opens the session, and works on it
 * @throws PipelineError that no further attempt can help, or the last of too many.
 */
export async function runWithRetries(
  session: Session,
  { reader, log, progress, sleep, deadline, cutOff }: EmitParts,
  attempt: () => Promise<StopReason>,
): Promise<StopReason> {
  for (let failures = 0; ; ) {
    const commitsBefore = session.commits;
    try {
      const stopped = await attempt();
      if (stopped === 'deadline') await session.abandonTransaction();
      await session.awaitCommitVisible();
      return stopped;
    } catch (error) {
      await session.discard();
      if (error instanceof FencedError) return 'fenced';
      failures = session.commits > commitsBefore ? 1 : failures + 1;
      const isOver = deadline.aborted || cutOff.aborted;
      if (!isRetryable(error) || failures >= MOST_FAILURES || isOver) throw error;
      const delayMs = FIRST_DELAY_MS * 2 ** (failures - 1);
      progress.retrying(error as Error, failures, delayMs);
      await raceAbort(deadline, sleep(delayMs));
    } finally {
      await raceAbort(cutOff, Promise.all([reader.close(), log?.close()]));
    }
  }
}
