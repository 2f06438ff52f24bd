import assert from 'node:assert/strict';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { PipelineError } from '../../lambda/shared/errors';
import { EmitterRunError } from '../../scripts/runs/emitter-run-error';

/** Waits for a run whose process has been killed. */
export async function crashed(run: Promise<unknown>): Promise<void> {
  await assert.rejects(run, { name: 'Crashed' });
}

/**
 * Waits for a run that may give up, as the emitter may where a server stays away for longer than its tries.
 *
 * @throws Error when it ended with anything but a summary or an error that a later run may get over.
 */
export async function endedInOrder(run: Promise<EmitSummary>): Promise<void> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return;
  if (error instanceof PipelineError && error.retryable) return;
  if (error instanceof EmitterRunError && error.name === 'UnreachableError') return;
  throw error;
}

/** Settles when a run has emitted everything by itself, whatever went wrong. */
export async function caughtUp(run: Promise<EmitSummary>): Promise<EmitSummary> {
  const summary = await run;
  assert.equal(summary.stopped, 'caught-up');
  return summary;
}
