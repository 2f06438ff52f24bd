import type { ReadingHeaders } from '../shared/message';
import { perStream, type Stream } from '../shared/streams';
import type { ChangeSource, ChangesPiece } from './change-chunks';
import { changedRows } from './changed-rows';
import type { EmitRequest } from './event';
import { sendChanges } from './follow-changes';
import type { Checkpoint, EmitParts } from './ports';
import { assignedShardCount, isUnfinished } from './ranges';
import type { Session, StopReason } from './session';

/**
 * Reads the keys of an event again, and sends what the tables have now, whatever was sent before. Keys that are still to
 * be copied are left out: they come with the other rows.
 *
 * The checkpoint stays where it is, but for the losses that the event says are made up for by this.
 */
export async function rereadKeys(
  session: Session,
  parts: Pick<EmitParts, 'reader' | 'deadline' | 'bounds'>,
  { keys = {}, reconciled = {}, limit }: Pick<EmitRequest, 'keys' | 'reconciled' | 'limit'>,
): Promise<StopReason> {
  const uncopied = await uncopiedRanges(session);
  const sources = session.streams.map((stream): ChangeSource => {
    const { name } = stream;
    const isCopied = (key: bigint) =>
      key < session.checkpoint[name].nextKey &&
      !uncopied.some((range) => key >= range[name].nextKey && key < (range[name].endKey ?? 0n));
    const wanted = BigUint64Array.from(new Set(keys[name]?.filter(isCopied))).sort();
    return { stream, pieces: piecesOf(stream, wanted) };
  });
  async function* piecesOf(
    stream: Stream,
    wanted: BigUint64Array,
  ): AsyncGenerator<ChangesPiece, undefined, undefined> {
    const { gtid } = session.following[stream.name];
    const headers: ReadingHeaders = { ...(gtid !== undefined && { gtid }), asked: 'yes' };
    for await (const rows of changedRows(parts.reader, stream, wanted, headers))
      yield { rows, after: (position) => position };
    return undefined;
  }
  const madeUpFor = (checkpoint: Checkpoint): Checkpoint =>
    perStream(({ name }) => {
      const { loss, ...position } = checkpoint[name];
      return loss !== undefined && loss.id === reconciled[name] ? position : checkpoint[name];
    });
  return (await sendChanges(session, parts, sources, limit, madeUpFor)) ?? 'caught-up';
}

/** The ranges that shards have not emitted yet. */
async function uncopiedRanges(session: Session): Promise<Checkpoint[]> {
  const ranges: Checkpoint[] = [];
  for (let shard = 1; shard < assignedShardCount(session.checkpoint); shard++)
    ranges.push(await session.rangeOf(shard));
  return ranges.filter((range) => Object.values(range).some(isUnfinished));
}
