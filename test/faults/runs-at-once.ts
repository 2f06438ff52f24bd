import assert from 'node:assert/strict';
import type { Fault } from './fault';
import { momentOfRun } from './moment-of-run';
import { caughtUp } from './outcome';

/**
 * Each run is stopped in the middle of its work when the next one begins; then all go on at once, and only the last is
 * not fenced. Whole processes are stopped: a conversation with one broker alone would leave those with the others going
 * on, and come to the moment that the next run is meant to come to.
 */
const runsAtOnce = (name: string, count: number): Fault => ({
  name,
  happen: async (pipeline, random) => {
    const older = [];
    for (let index = 1; index < count; index++) {
      // The fence of the run before has left less of the tables to each.
      if (index > 1) await pipeline.addPosts(pipeline.posts);
      const emitter = pipeline.newProcess();
      const run = pipeline.invoke(emitter);
      const conversation = await pipeline.stopped(momentOfRun(random), run);
      emitter.kill('SIGSTOP');
      older.push({ emitter, run, conversation });
    }
    const newest = pipeline.invoke(pipeline.newEmitter());
    // Kafka refuses the first ones while it ends the transaction of the run before, and fences nobody until then.
    const opened = await pipeline.stopped(
      { request: 'InitProducerId', side: 'answer', isSuccess: true },
      newest,
    );
    pipeline.struck();
    opened.pass();
    for (const { emitter, conversation } of older) {
      emitter.kill('SIGCONT');
      conversation.pass();
    }
    for (const { run } of older) assert.equal((await run).stopped, 'fenced');
    await caughtUp(newest);
  },
});

/** Item 5: more than one run at a time. */
export const RUNS_AT_ONCE: readonly Fault[] = [
  runsAtOnce('two-runs-at-once', 2),
  runsAtOnce('three-runs-at-once', 3),
  {
    name: 'stale-run-wakes-up',
    happen: async (pipeline, random) => {
      const stale = pipeline.newProcess();
      const staleRun = pipeline.invoke(stale);
      const conversation = await pipeline.stopped(momentOfRun(random), staleRun);
      stale.kill('SIGSTOP');
      conversation.pass();
      pipeline.struck();
      await pipeline.catchUp();
      await pipeline.addPosts(100);
      stale.kill('SIGCONT');
      assert.equal((await staleRun).stopped, 'fenced');
      await pipeline.catchUp();
    },
  },
];
