import { ABORTED, raceAbort } from '../shared/race-abort';
import { perStream, type Stream } from '../shared/streams';
import { CHUNK_BOUNDS, chunks } from './chunks';
import type { Checkpoint, EmitParts } from './ports';
import { sendChunks } from './send-chunks';
import { NOTHING, type Session, type StopReason } from './session';
import { copiedTo } from './steps';
import { fingerprintOf, unkeyedDeadLetters } from './unkeyed';

/** Dependencies of copying. */
export type CopyParts = Pick<EmitParts, 'reader' | 'deadline' | 'bounds'>;

/**
 * Copies the rows of the session's streams, from their positions on, chunk by chunk: rows and the checkpoint behind them
 * are one transaction. The next chunk is read and encoded while the one before it is being sent.
 *
 * @param limit the most posts (distinct keys) of the whole invocation
 */
export async function copyKeyedRows(
  session: Session,
  { reader, deadline, bounds = CHUNK_BOUNDS }: CopyParts,
  limit: number,
): Promise<StopReason> {
  const opening = session.streams.map(async (stream) => {
    const { nextKey, endKey } = session.checkpoint[stream.name];
    return { stream, rows: await reader.rowsFrom(stream, nextKey, endKey) };
  });
  const sources = await raceAbort(deadline, Promise.all(opening));
  if (sources === ABORTED) return 'deadline';
  const ahead = chunks(sources, session.checkpoint, limit - session.tally.posts, bounds);
  const end = await sendChunks(session, deadline, ahead, (checkpoint) => copied(session, checkpoint));
  if (end === ABORTED) return 'deadline';
  await session.commitSent();
  return end === 'limit' ? 'limit' : 'caught-up';
}

/** The positions behind copied rows, which are those of the snapshot. */
const copied = ({ checkpoint, following }: Session, next: Checkpoint): Checkpoint =>
  perStream(({ name }) => copiedTo(checkpoint[name], next[name].nextKey, following[name].gtid));

/**
 * Writes the rows that have no usable key to the dead letters: all those of a table in one transaction, and only when
 * they are not those of the checkpoint.
 *
 * @returns 'deadline' when the time was over before
 */
export async function copyUnkeyedRows(session: Session, parts: CopyParts): Promise<'deadline' | undefined> {
  const { reader, deadline } = parts;
  const finding = session.streams.map(async (stream) => ({
    stream,
    fingerprint: await fingerprintOf(await reader.unkeyedRows(stream)),
  }));
  const found = await raceAbort(deadline, Promise.all(finding));
  if (found === ABORTED) return 'deadline';
  for (const { stream, fingerprint } of found) {
    if (fingerprint === session.checkpoint[stream.name].unkeyed) continue;
    if ((await writeUnkeyedRows(session, parts, stream)) === 'deadline') return 'deadline';
  }
  return undefined;
}

/** Writes the rows of a table that have no usable key to the dead letters. */
async function writeUnkeyedRows(
  session: Session,
  { reader, deadline, bounds = CHUNK_BOUNDS }: CopyParts,
  stream: Stream,
): Promise<'deadline' | undefined> {
  const rows = await raceAbort(deadline, reader.unkeyedRows(stream));
  if (rows === ABORTED) return 'deadline';
  for (const pieces = unkeyedDeadLetters(stream, rows, bounds); ; ) {
    const piece = await raceAbort(deadline, pieces.next());
    if (piece === ABORTED) return 'deadline';
    const { checkpoint } = session;
    if (piece.done === true) {
      await session.commit({
        ...checkpoint,
        [stream.name]: { ...checkpoint[stream.name], unkeyed: piece.value },
      });
      return undefined;
    }
    const batch = { messages: perStream(() => []), deadLetters: piece.value };
    await session.send(batch, { ...NOTHING, deadLettered: piece.value.length });
  }
}
