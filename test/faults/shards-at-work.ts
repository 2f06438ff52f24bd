import { setTimeout as delay } from 'node:timers/promises';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { Moment } from '../support/kafka-proxy';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { momentOfRun } from './moment-of-run';

/** Enough that the primary has something to give whenever it begins. */
const ROWS = 60_000;

/** What becomes of a run of a shard. */
interface Fate {
  /** When it comes about: so many milliseconds after the beginning, or in the middle of a transaction. */
  readonly at: number | Omit<Moment, 'transactionalId'>;
  /** Its process is killed (SIGKILL), or goes on while the next one begins. */
  readonly isKilled: boolean;
}

const fateOf = (random: RoundRandom, isKilled = true): Fate => ({
  // While it starts, fences and reads its range.
  at: random.below(4) === 0 ? 300 + random.below(2_000) : momentOfRun(random),
  isKilled,
});

/** Lets a shard run until its fate comes about, or to its end; gives the runs that are still going on. */
async function runOnce(
  pipeline: FaultPipeline,
  { shard, shards }: { readonly shard: number; readonly shards: number },
  { at, isKilled }: Fate,
): Promise<readonly Promise<EmitSummary>[]> {
  const emitter = pipeline.newProcess({ SHARDS: `${shards}` });
  const run = pipeline.invoke(emitter, { shard });
  run.catch(() => {});
  const conversation =
    typeof at === 'number'
      ? await Promise.race([delay(at), run.then(() => undefined)])
      : await pipeline.stopped(at, run, shard).catch(() => undefined);
  pipeline.forgetMoments(shard);
  if (!isKilled) {
    conversation?.pass();
    return [run];
  }
  emitter.kill('SIGKILL');
  await run.catch((error: Error) => {
    if (error.name !== 'Crashed') throw error;
  });
  // What the process had said must reach the broker, or not, before the next one speaks.
  conversation?.cut();
  pipeline.struck();
  return [];
}

const each = <T>(count: number, build: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => build(index));

/** Faults while the keys are split over shards. */
export const SHARDS_AT_WORK: readonly Fault[] = [
  {
    name: 'shards-killed',
    rows: ROWS,
    happen: async (pipeline, random) => {
      const shards = random.pick([2, 2, 3]);
      const fates = each(shards, () => each(2 + random.below(2), () => fateOf(random)));
      await Promise.all(
        fates.map(async (ofShard, shard) => {
          for (const fate of ofShard) await runOnce(pipeline, { shard, shards }, fate);
        }),
      );
      await pipeline.catchUpShards(shards);
    },
  },
  {
    name: 'shards-changed',
    rows: ROWS,
    happen: async (pipeline, random) => {
      const stale: Promise<EmitSummary>[] = [];
      let shards = 1 + random.below(3);
      for (let change = 0; change < 4; change++) {
        shards = 1 + ((shards + random.below(2)) % 3);
        const fates = each(shards, () => fateOf(random, random.below(3) > 0));
        const runs = await Promise.all(
          fates.map((fate, shard) => runOnce(pipeline, { shard, shards }, fate)),
        );
        stale.push(...runs.flat());
      }
      await Promise.all(stale);
      await pipeline.catchUpShards(shards);
    },
  },
];
