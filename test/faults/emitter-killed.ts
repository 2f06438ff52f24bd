import { setTimeout as delay } from 'node:timers/promises';
import type { Moment } from '../support/kafka-proxy';
import type { Fault } from './fault';
import { crashed } from './outcome';

/** The emitter's process is killed (SIGKILL) exactly then, in one of the first chunks. */
const killedAt = (name: string, moment: Pick<Moment, 'request' | 'side'>, requestsOfChunk = 1): Fault => ({
  name,
  happen: async (pipeline, random) => {
    const emitter = pipeline.newProcess();
    const run = pipeline.invoke(emitter);
    const nth = 1 + random.below(3) * requestsOfChunk;
    const conversation = await pipeline.stopped({ ...moment, nth }, run);
    emitter.kill('SIGKILL');
    await crashed(run);
    // What the process had said must reach the broker, or not, before the next one speaks.
    conversation.cut();
    pipeline.markFault();
    await pipeline.catchUp();
  },
});

/** One to each of three brokers. */
const SENDS_OF_CHUNK = 3;

/** Runs that are killed one after another, before one is left alone. */
const KILLS = 3;

const killedAtRandom: Fault = {
  name: 'emitter-killed-at-random',
  happen: async (pipeline, random) => {
    for (let kills = 0; kills < KILLS; ) {
      if (kills > 0) await pipeline.addPosts(pipeline.posts);
      const emitter = pipeline.newProcess();
      const commits = random.below(3);
      const run = pipeline.invoke(emitter);
      const atWork = pipeline.stopped({ request: 'EndTxn', side: 'answer', nth: Math.max(1, commits) }, run);
      if (commits > 0) {
        const conversation = await atWork;
        conversation.pass();
        await delay(random.below(100));
      } else {
        // While it starts, fences, reads the checkpoint or sends.
        atWork.then(({ pass }) => pass()).catch(() => {});
        await delay(500 + random.below(1_500));
      }
      emitter.kill('SIGKILL');
      const wasKilled = await crashed(run).then(
        () => true,
        () => false,
      );
      if (wasKilled) kills += 1;
      else await pipeline.addPosts(pipeline.posts);
      pipeline.forgetMoments(0);
    }
    pipeline.markFault();
    await pipeline.catchUp();
  },
};

/** Faults in which the emitter dies. */
export const EMITTER_KILLED: readonly Fault[] = [
  killedAtRandom,
  killedAt('emitter-killed-after-read', { request: 'Produce', side: 'request' }, SENDS_OF_CHUNK),
  killedAt('emitter-killed-after-send', { request: 'AddOffsetsToTxn', side: 'request' }),
  killedAt('emitter-killed-before-commit', { request: 'EndTxn', side: 'request' }),
  killedAt('emitter-killed-after-commit', { request: 'EndTxn', side: 'answer' }),
];
