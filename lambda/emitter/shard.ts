import { perStream, STREAMS, type Stream } from '../shared/streams';
import { copyKeyedRows } from './copy-rows';
import type { EmitRequest } from './event';
import { followChanges } from './follow-changes';
import { beginFollowing } from './following';
import type { EmitParts } from './ports';
import { isUnfinished } from './ranges';
import { runWithRetries } from './retry';
import { type RunTally, Session, type StopReason } from './session';
import { copiedTo } from './steps';

/**
 * Emits the range that a shard was assigned.
 *
 * A finished position may be an old one that its new range is about to replace, so a shard writes only while it has
 * something unfinished: from its last row on the range is the primary's, who may have assigned another one already.
 *
 * @param streams those that may be emitted
 */
export async function runShard(
  session: Session,
  streams: readonly Stream[],
  { limit }: Pick<EmitRequest, 'limit'>,
  parts: EmitParts,
): Promise<StopReason> {
  await session.open();
  const isLeft = ({ name }: Stream): boolean => isUnfinished(session.checkpoint[name]);
  session.streams = streams.filter(isLeft);
  if (session.streams.length === 0) return 'caught-up';
  if (!(await beginFollowing(session, parts))) return 'deadline';
  const stopped =
    (await followChanges(session, parts, limit)) ?? (await copyKeyedRows(session, parts, limit));
  if (stopped === 'caught-up' && session.streams.some(isLeft)) await session.commit(endsOf(session));
  return stopped;
}

/** Emits what is left of the range of a shard that is no longer configured, as that shard would have. */
export async function finishOrphanedRange(
  shard: number,
  request: Pick<EmitRequest, 'limit'>,
  parts: EmitParts,
  tally: RunTally,
): Promise<StopReason> {
  const session = new Session({ ...parts, publisher: parts.publisherOf(shard), tally }, STREAMS);
  try {
    return await runWithRetries(session, parts, () => runShard(session, STREAMS, request, parts));
  } finally {
    await session.discard();
  }
}

/** The positions of a range that is emitted to its end. */
const endsOf = ({ checkpoint, following }: Session) =>
  perStream(({ name }) => {
    const { endKey, nextKey } = checkpoint[name];
    return copiedTo(checkpoint[name], endKey ?? nextKey, following[name].gtid);
  });
