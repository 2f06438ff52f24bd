import { randomUUID } from 'node:crypto';
import { LogRefusedError } from '../shared/errors';
import { ABORTED, raceAbort } from '../shared/race-abort';
import { perStream, type Stream, type StreamName } from '../shared/streams';
import type { ChangeLog, EmitParts, Loss, Position } from './ports';
import type { Session } from './session';
import { beginOf, partsOf, withPart } from './steps';

/** What becomes of the changes of a stream's table. */
export type Following =
  /** They are followed up to this position in the log. */
  | { readonly gtid: string; readonly copiedOnly?: undefined }
  /** Rows are copied, and their changes are not looked at; */
  | { readonly gtid?: undefined; readonly copiedOnly: string };

/** A stream whose changes nobody asked for in this run. */
export const NOT_FOLLOWED = { copiedOnly: 'not part of this run' } as const satisfies Following;

/** The reason of streams that are not followed because nobody wants it. */
export const NOT_CONFIGURED = 'CHANGES is copy';

/** A loss of changes, with a name of its own. */
export const lossOf = (reason: string): Loss => ({ id: randomUUID(), reason });

/**
 * Finds out how the changes of the session's streams can be followed, each up to the snapshot that its table is read
 * from. A stream that begins to follow although rows were emitted before has lost what happened to them in between.
 *
 * @returns whether that was done before the time was over
 * @throws LogRefusedError when the log could be read before, and cannot be any more.
 */
export async function beginFollowing(
  session: Session,
  { reader, log, deadline }: Pick<EmitParts, 'reader' | 'log' | 'deadline'>,
): Promise<boolean> {
  const begun = session.streams.map(async (stream): Promise<[StreamName, Following, Position]> => {
    const position = session.checkpoint[stream.name];
    if (log === undefined) return [stream.name, { copiedOnly: NOT_CONFIGURED }, unfollowed(position)];
    const at = await reader.snapshotPosition(stream);
    if ('gtid' in at) return [stream.name, ...(await takeUp(log, stream, position, at.gtid))];
    if (position.steps !== undefined && at.refused === 'log') throw refusedNow(stream, at.reason);
    return [stream.name, { copiedOnly: at.reason }, unfollowed(position, at.reason)];
  });
  const answers = await raceAbort(deadline, Promise.all(begun));
  if (answers === ABORTED) return false;
  const following = perStream((): Following => NOT_FOLLOWED);
  for (const [name, state, position] of answers) {
    following[name] = state;
    session.revise(name, position);
  }
  session.following = following;
  return true;
}

/** The position from which a stream is followed. */
async function takeUp(
  log: ChangeLog,
  stream: Stream,
  position: Position,
  gtid: string,
): Promise<[Following, Position]> {
  if (position.steps !== undefined) return [{ gtid }, closed(position, gtid)];
  try {
    const origin = await log.originOf(stream);
    const isFresh = position.nextKey <= beginOf(position);
    if (position.endKey !== undefined && position.startKey === undefined) {
      // A range that was assigned before changes were followed: what was emitted of it counts as the primary's loss.
      return [{ gtid }, { ...position, startKey: position.nextKey, steps: [], origin }];
    }
    if (isFresh) return [{ gtid }, { ...position, steps: [], origin }];
    const loss = position.loss ?? lossOf('what changed before this table was followed');
    return [{ gtid }, closed({ ...position, steps: [], origin, loss }, gtid)];
  } catch (error) {
    if (!(error instanceof LogRefusedError)) throw error;
    return [{ copiedOnly: error.message }, position];
  }
}

/**
 * Follows all keys below the next one from now on: those that an event's `from` has left out, and those of which nobody
 * knows as of when they are, which is a loss.
 */
function closed(position: Position, gtid: string): Position {
  const unknown = partsOf(position).filter((part) => part.gtid === undefined && part.shard === undefined);
  const end = partsOf(position).at(-1)?.to ?? beginOf(position);
  const known = [...unknown, { from: end, to: position.nextKey }].reduce(
    (result, { from, to }) => withPart(result, { from, to, gtid }),
    position,
  );
  return unknown.length === 0
    ? known
    : { ...known, loss: position.loss ?? lossOf('a shard copied rows without following their changes') };
}

/** The position of a stream that is not followed any more; one that had been has lost what happens from here on. */
function unfollowed(position: Position, reason?: string): Position {
  const { steps, origin, ...rest } = position;
  if (steps === undefined) return position;
  return reason === undefined ? rest : { ...rest, loss: position.loss ?? lossOf(reason) };
}

const refusedNow = ({ table }: Stream, reason: string): LogRefusedError =>
  new LogRefusedError(
    `The changes of table ${table} were followed before and no longer can be: ${reason}. Nothing was emitted: continuing would lose them.`,
  );
