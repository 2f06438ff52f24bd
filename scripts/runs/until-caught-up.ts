import { setTimeout as delay } from 'node:timers/promises';
import { type EmitSummary, hasEmitted } from '../../lambda/emitter/summary';
import { settledAll } from '../../lambda/shared/settled-all';

/** Delay before an idle shard runs again, in milliseconds. */
const PAUSE_MS = 500;

/**
 * Runs all shards concurrently and repeatedly until nothing is left to emit or nothing moves any more.
 *
 * A single shard has caught up when it says so. With several, an idle shard may be assigned keys while others still run:
 * all are done when each has found nothing since any of them last emitted.
 *
 * @param run one run of a shard
 * @returns summaries of the runs, in the order in which they ended
 */
export async function untilCaughtUp(
  shards: number,
  run: (shard: number) => Promise<EmitSummary>,
): Promise<readonly EmitSummary[]> {
  const summaries: EmitSummary[] = [];
  const idleSince: number[] = new Array(shards).fill(Number.NEGATIVE_INFINITY);
  let emittedAt = 0;
  let isOver = false;

  const runShard = async (shard: number): Promise<void> => {
    while (!isOver) {
      const began = performance.now();
      const summary = await run(shard);
      summaries.push(summary);
      const moved = hasEmitted(summary) && !summary.dryRun;
      if (moved) emittedAt = performance.now();
      if (summary.caughtUp && !moved) idleSince[shard] = began;
      const isDone = shards === 1 ? summary.caughtUp : idleSince.every((since) => since > emittedAt);
      const isStuck = !summary.caughtUp && (summary.stopped === 'fenced' || !moved);
      isOver ||= isDone || isStuck;
      if (!isOver && !moved) await delay(PAUSE_MS);
    }
  };

  const shardsAtWork = Array.from({ length: shards }, async (_, shard) => {
    try {
      await runShard(shard);
    } finally {
      isOver = true;
    }
  });
  await settledAll(shardsAtWork);
  return summaries;
}
