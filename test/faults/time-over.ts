import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { DEADLINE_MARGIN_MS } from '../../lambda/emitter/emitter';
import type { Fault } from './fault';
import { BROKER_IDLE_MS } from './fault-servers';
import { caughtUp } from './outcome';

/** Faults in which the time is over, or stood still. */
export const TIME_OVER: readonly Fault[] = [
  {
    name: 'deadline-in-a-chunk',
    // Two more chunks than the ninth request can be part of, of which one may be sent meanwhile.
    rows: 20_000,
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      await pipeline.invoke(emitter, { limit: 10 });
      const remainingMs = DEADLINE_MARGIN_MS + 6_000;
      const began = performance.now();
      const run = pipeline.invoke(emitter, {}, remainingMs);
      const conversation = await pipeline.stopped(
        { request: 'Produce', side: 'answer', nth: 1 + random.below(9), connections: 'all' },
        run,
      );
      await delay(Math.max(0, began + 6_100 - performance.now()));
      pipeline.markFault();
      conversation.pass();
      const { stopped, caughtUp: isCaughtUp, lagKeys } = await run;
      assert.deepEqual({ stopped, isCaughtUp }, { stopped: 'deadline', isCaughtUp: false });
      assert.ok(lagKeys.pin > 0, 'the summary says how far it is to the end');
      assert.ok(performance.now() - began < remainingMs);
      await pipeline.catchUp();
    },
  },
  {
    name: 'frozen-between-runs',
    happen: async (pipeline) => {
      const emitter = pipeline.newProcess();
      await caughtUp(pipeline.invoke(emitter));
      emitter.kill('SIGSTOP');
      await pipeline.addPosts(1_000);
      await delay(BROKER_IDLE_MS + 2_000);
      pipeline.markFault();
      emitter.kill('SIGCONT');
      const { emitted } = await caughtUp(pipeline.invoke(emitter));
      assert.deepEqual({ ...emitted }, { pin: 1_000, geo: 1_000, user: 1_000 });
    },
  },
];
