import { setTimeout as delay } from 'node:timers/promises';
import { ABORTED, raceAbort } from '../shared/race-abort';
import type { Batch, Checkpoint } from './ports';
import type { Session, Tally } from './session';

/** Messages that travel together, and the checkpoint behind them. */
export interface SentChunk {
  readonly batch: Batch;
  readonly tally: Tally;
  /** Checkpoint behind these messages; `undefined` when more messages about the same key follow. */
  readonly checkpoint: Checkpoint | undefined;
}

/** The longest that a timer of Node can wait, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Sends chunks, each while the next one is read, and commits them, several in one transaction.
 *
 * @param ahead makes the chunks
 * @param behind the checkpoint to commit behind a chunk. @default the chunk's
 * @returns what `ahead` has returned, with the last chunks sent and still to be committed; ABORTED when the deadline came
 *   before, with everything committed that can be
 */
export async function sendChunks<End>(
  session: Session,
  deadline: AbortSignal,
  ahead: AsyncIterator<SentChunk, End>,
  behind: (checkpoint: Checkpoint) => Checkpoint = (checkpoint) => checkpoint,
): Promise<End | typeof ABORTED> {
  for (let reading = ahead.next(); ; ) {
    const chunk = await raceAbort(deadline, nextChunk(session, reading));
    if (chunk === ABORTED) {
      await session.commitSent();
      return ABORTED;
    }
    if (chunk.done === true) return chunk.value;
    reading = ahead.next();
    reading.catch(() => {});
    const { batch, tally, checkpoint } = chunk.value;
    // The deadline may come before the rest of the key.
    if (checkpoint === undefined) await session.commitSent();
    await session.send(batch, tally);
    if (checkpoint !== undefined) await session.commitWhenDue(behind(checkpoint));
  }
}

/** Readers do not wait for what was sent while the database makes the next chunk wait. */
async function nextChunk<T>(session: Session, reading: Promise<T>): Promise<T> {
  const { dueInMs } = session;
  if (dueInMs === undefined) return await reading;
  const timer = new AbortController();
  const late = delay(Math.min(dueInMs, LONGEST_TIMER_MS), ABORTED, { signal: timer.signal });
  late.catch(() => {});
  const first = await Promise.race([reading, late]).finally(() => timer.abort());
  if (first !== ABORTED) return first;
  await session.commitSent();
  return await reading;
}
