import { type PerStream, STREAMS } from '../shared/streams';
import type { EmitRequest } from './event';
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
  /** The checkpoint, as far as this run knows. */
  readonly checkpoint: Checkpoint;
  readonly stopped: StopReason;
}

/**
 * Copies rows from the tables into the topics, from the checkpoint on, chunk by chunk: the rows of a chunk and the
 * checkpoint behind them are one transaction.
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
  const { emitted, deadLettered } = tally;
  return { emitted, deadLettered, checkpoint: session.checkpoint, stopped };
}
