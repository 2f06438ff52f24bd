import { type PerStream, STREAMS } from '../shared/streams';
import type { EmitRequest } from './event';
import type { Following } from './following';
import type { Checkpoint, EmitParts } from './ports';
import { Primary } from './primary';
import { runWithRetries } from './retry';
import { RunTally, Session, type StopReason } from './session';
import { runShard } from './shard';

/** Result of one run. */
export interface EmitOutcome {
  /** Rows that are in the topics because of this run. */
  readonly emitted: PerStream<number>;
  /** Rows that went to the dead letter topic instead. */
  readonly deadLettered: number;
  /** Keys that had changed and were read again. */
  readonly followed: PerStream<number>;
  /** What became of the changes of each table. */
  readonly following: PerStream<Following>;
  /** How far behind the log of changes the run began: the age of its first transaction in seconds, and bytes. */
  readonly behind: { readonly seconds: number; readonly bytes: number };
  /** The checkpoint, as far as this run knows. */
  readonly checkpoint: Checkpoint;
  readonly stopped: StopReason;
}

/**
 * Lets the topics follow the tables: reads every key again that has changed since it was read last, then copies the rows
 * from the checkpoint on, chunk by chunk. The rows of a chunk and the checkpoint behind them are one transaction.
 *
 * With several shards the primary assigns ranges of keys to the others before it reads any itself. A range changes hands
 * safely because each has one writer at a time: while it is unfinished its shard, whose transactional id fences every
 * older run of it; once it is finished the primary, whose own id does the same. What the primary assigns is committed in
 * one transaction with its own new checkpoint. A shard that does not see its new range yet sees a finished one, which
 * it never writes, and waits for its next run.
 *
 * @throws PipelineError when it cannot go on; what was committed stays.
 */
export async function emit(request: EmitRequest, parts: EmitParts): Promise<EmitOutcome> {
  const { shard } = request;
  const streams = STREAMS.filter(({ name }) => request.streams.includes(name));
  const tally = new RunTally();
  const session = new Session({ ...parts, publisher: parts.publisherOf(shard), tally }, streams);
  const primary = new Primary(session, request, parts);
  const attempt = () => (shard === 0 ? primary.run() : runShard(session, streams, request, parts));
  const stopped = await runWithRetries(session, parts, attempt);
  const { emitted, followed, deadLettered, behind } = tally;
  const { checkpoint, following } = session;
  return { emitted, followed, following, behind, deadLettered, checkpoint, stopped };
}
