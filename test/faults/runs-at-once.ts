import assert from 'node:assert/strict';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { momentBeforeLastCommit } from './moment-of-run';
import { caughtUp } from './outcome';

/**
 * A run whose process stands still in the middle of its work. Were it only its conversation with one broker, those with
 * the others would go on, and come to the moment that the next run is meant to come to.
 */
async function stoppedRun(pipeline: FaultPipeline, random: RoundRandom) {
  const emitter = pipeline.newProcess();
  const run = pipeline.invoke(emitter);
  const conversation = await pipeline.stopped(momentBeforeLastCommit(random), run);
  emitter.kill('SIGSTOP');
  return { emitter, run, conversation };
}

/** Each run is in the middle of its work when the next one begins; then all go on at once, and only the last is not fenced. */
const runsAtOnce = (name: string, count: number): Fault => ({
  name,
  happen: async (pipeline, random) => {
    const older = [];
    for (let index = 1; index < count; index++) {
      // The fence of the run before has left less of the tables to each.
      if (index > 1) await pipeline.addPosts(pipeline.posts);
      older.push(await stoppedRun(pipeline, random));
    }
    const newest = pipeline.invoke(pipeline.newEmitter());
    // Kafka refuses the first ones while it ends the transaction of the run before, and fences nobody until then.
    const opened = await pipeline.stopped(
      { request: 'InitProducerId', side: 'answer', isSuccess: true },
      newest,
    );
    pipeline.markFault();
    opened.pass();
    for (const { emitter, conversation } of older) {
      emitter.kill('SIGCONT');
      conversation.pass();
    }
    for (const { run } of older) assert.equal((await run).stopped, 'fenced');
    await caughtUp(newest);
  },
});

/** Faults of several runs at once. */
export const RUNS_AT_ONCE: readonly Fault[] = [
  runsAtOnce('two-runs-at-once', 2),
  runsAtOnce('three-runs-at-once', 3),
  {
    name: 'stale-run-wakes-up',
    happen: async (pipeline, random) => {
      const stale = await stoppedRun(pipeline, random);
      stale.conversation.pass();
      pipeline.markFault();
      await pipeline.catchUp();
      await pipeline.addPosts(100);
      stale.emitter.kill('SIGCONT');
      assert.equal((await stale.run).stopped, 'fenced');
      await pipeline.catchUp();
    },
  },
];
