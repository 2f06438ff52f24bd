import type { EmitEvent } from '../../lambda/emitter/event';
import { MOST_SHARDS } from '../../lambda/shared/environment';
import type { PipelineErrorName } from '../../lambda/shared/errors';
import { STREAMS } from '../../lambda/shared/streams';
import { FunctionError } from '../aws/invoke-function';
import type { Progress } from '../terminal/progress';
import { EmitterRunError } from './emitter-run-error';
import type { MendablePipeline } from './mendable-pipeline';
import { untilCaughtUp } from './until-caught-up';

/** Event that makes the emitter check its checkpoint and do nothing else. */
const PROBE = { dryRun: true, limit: 1 } as const satisfies EmitEvent;

/**
 * Resets the checkpoint of the emitter if it was written by another program or is gone: to the key after the largest one
 * among the records and dead letters of each topic. The emitter emits in ascending order of the keys, so that is exactly
 * where it stopped. It then goes on from there.
 *
 * @returns whether the checkpoint was set
 * @throws the emitter's own error if it refuses that, too.
 */
export async function mendCheckpoint(pipeline: MendablePipeline, progress: Progress): Promise<boolean> {
  const refusal = await refusalOf(pipeline);
  if (refusal === undefined) return false;
  progress.note(refusal.message);
  // A consumer in the group would prevent a new checkpoint, too.
  await pipeline.emit({ ...PROBE, from: 0 });
  const { streams } = await pipeline.verify();
  const from = Object.fromEntries(
    STREAMS.map(({ name, table }) => {
      const { lastKey } = streams[name];
      return [table, lastKey === null ? '0' : `${BigInt(lastKey) + 1n}`];
    }),
  );
  progress.note(
    `Setting the checkpoint to ${STREAMS.map(({ table }) => `${table} ${from[table]}`).join(', ')}.`,
  );
  const { caughtUp } = await pipeline.emit({ from });
  if (!caughtUp) await untilCaughtUp(1, () => pipeline.emit({}));
  return true;
}

/** Finds the emitter's complaint about a checkpoint: its own, or that of any possible shard. */
async function refusalOf({ emit }: MendablePipeline): Promise<Error | undefined> {
  for (let shard = 0; shard < MOST_SHARDS; shard++) {
    try {
      await emit(shard === 0 ? PROBE : { ...PROBE, shard });
    } catch (error) {
      if (nameOf(error) !== ('CheckpointError' satisfies PipelineErrorName)) throw error;
      return error as Error;
    }
  }
  return undefined;
}

function nameOf(error: unknown): string | undefined {
  if (error instanceof FunctionError) return error.errorName;
  return error instanceof EmitterRunError ? error.name : undefined;
}
