import { LogLostError } from '../shared/errors';
import { ABORTED } from '../shared/race-abort';
import type { Stream } from '../shared/streams';
import { type ChangeSource, type ChangesPiece, changeChunks } from './change-chunks';
import { changedRows } from './changed-rows';
import { CHUNK_BOUNDS } from './chunks';
import { lossOf } from './following';
import type { Checkpoint, EmitParts, Position } from './ports';
import { sendChunks } from './send-chunks';
import type { Session, StopReason } from './session';
import { partsOf, rebased, withPart } from './steps';

/** Dependencies of following changes. */
export type FollowParts = Pick<EmitParts, 'reader' | 'log' | 'deadline' | 'enough' | 'bounds'>;

/**
 * Reads each key again that has changed since its step, in the snapshot of this run and in the order of the keys, and
 * sends what the tables have now. Every transaction moves the steps, so that a run may end anywhere.
 *
 * @param limit the most posts (distinct keys) of the whole invocation
 * @returns why the run ends here; `undefined` when rows can be copied next
 */
export async function followChanges(
  session: Session,
  parts: FollowParts,
  limit: number,
): Promise<StopReason | undefined> {
  const { checkpoint, streams } = session;
  const sources = streams.flatMap((stream): ChangeSource[] => {
    const { gtid } = session.following[stream.name];
    if (gtid === undefined) return [];
    return [{ stream, pieces: changesOf(session, parts, stream, checkpoint[stream.name], gtid) }];
  });
  return await sendChanges(session, parts, sources, limit);
}

/** Sends the changes of some streams, a chunk at a time; the next one is read while the one before it is being sent. */
export async function sendChanges(
  session: Session,
  { deadline, bounds = CHUNK_BOUNDS }: Pick<FollowParts, 'deadline' | 'bounds'>,
  sources: readonly ChangeSource[],
  limit: number,
  finish: (checkpoint: Checkpoint) => Checkpoint = (checkpoint) => checkpoint,
): Promise<StopReason | undefined> {
  const ahead = changeChunks(sources, session.checkpoint, limit - session.tally.posts, bounds);
  const end = await sendChunks(session, deadline, ahead);
  if (end === ABORTED) return 'deadline';
  await session.commitIfNew(end.isWhole ? finish(end.checkpoint) : end.checkpoint);
  return end.isWhole ? undefined : 'limit';
}

/** What has changed of a table since the steps of its position, up to the snapshot at `gtid`. */
async function* changesOf(
  session: Session,
  { reader, log, deadline, enough = deadline }: FollowParts,
  stream: Stream,
  position: Position,
  gtid: string,
): AsyncGenerator<ChangesPiece, undefined, undefined> {
  if (log === undefined) return undefined;
  for (const step of partsOf(position)) {
    if (step.gtid === undefined || step.gtid === gtid) continue;
    for (let { from } = step; from < step.to; ) {
      const request = { stream, since: step.gtid, origin: position.origin ?? '', from, to: step.to, enough };
      const found = await log.changedKeys(request).catch(unlessLost);
      if (found instanceof LogLostError) {
        const loss = lossOf(found.message);
        const origin = await log.originOf(stream);
        yield { rows: [], after: (current) => ({ ...rebased(current, gtid), origin, loss }) };
        return undefined;
      }
      session.tally.sawLog(found.behind, found.gtid !== gtid && enough.aborted);
      const after = (current: Position, key = found.to - 1n) =>
        withPart(
          { ...current, origin: found.origin },
          { from: request.from, to: key + 1n, gtid: found.gtid },
        );
      for await (const rows of changedRows(reader, stream, found.keys, { gtid })) yield { rows, after };
      yield { rows: [], after };
      from = found.to;
    }
  }
  return undefined;
}

function unlessLost(error: unknown): LogLostError {
  if (error instanceof LogLostError) return error;
  throw error;
}
