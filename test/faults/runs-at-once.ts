import assert from 'node:assert/strict';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { EmitterProcess } from '../../scripts/local/emitter-process';
import type { StoppedConversation } from '../support/kafka-proxy';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { BROKER_IDLE_MS } from './fault-servers';
import { momentBeforeLastCommit } from './moment-of-run';
import { caughtUp, endedInOrder } from './outcome';

/**
 * A run whose process stands still in the middle of its work. Were it only its conversation with one broker, those with
 * the others would go on, and come to the moment that the next run is meant to come to.
 */
class StoppedRun {
  private constructor(
    private readonly emitter: EmitterProcess,
    private readonly run: Promise<EmitSummary>,
    private readonly conversation: StoppedConversation,
    private readonly beganAt: number,
  ) {}

  static async begin(pipeline: FaultPipeline, random: RoundRandom): Promise<StoppedRun> {
    const beganAt = performance.now();
    const emitter = pipeline.newProcess();
    const run = pipeline.invoke(emitter);
    const conversation = await pipeline.stopped(momentBeforeLastCommit(random), run);
    emitter.kill('SIGSTOP');
    return new StoppedRun(emitter, run, conversation, beganAt);
  }

  /** Lets the brokers have, or answer, the request that its conversation stands still at. */
  passConversation(): void {
    this.conversation.pass();
  }

  /**
   * Lets it go on.
   *
   * @returns whether a newer run has fenced it. When it stood still for so long that brokers have closed its connections, it
   *   may begin again as a new run, and fence the others; on a slow machine that takes no longer than the round.
   */
  async goOn(): Promise<boolean> {
    const mayBeginAgain = performance.now() - this.beganAt > BROKER_IDLE_MS;
    this.emitter.kill('SIGCONT');
    this.passConversation();
    const { stopped } = await this.run;
    if (!mayBeginAgain || stopped !== 'caught-up') assert.equal(stopped, 'fenced');
    return stopped === 'fenced';
  }
}

/** Each run is in the middle of its work when the next one begins; then all go on at once, and only the last is not fenced. */
const runsAtOnce = (name: string, count: number): Fault => ({
  name,
  happen: async (pipeline, random) => {
    const older: StoppedRun[] = [];
    for (let index = 1; index < count; index++) {
      // The fence of the run before has left less of the tables to each.
      if (index > 1) await pipeline.addPosts(pipeline.posts);
      older.push(await StoppedRun.begin(pipeline, random));
    }
    const newest = pipeline.invoke(pipeline.newEmitter());
    // Kafka refuses the first ones while it ends the transaction of the run before, and fences nobody until then.
    const opened = await pipeline.stopped(
      { request: 'InitProducerId', side: 'answer', isSuccess: true },
      newest,
    );
    pipeline.markFault();
    opened.pass();
    const fenced = await Promise.all(older.map((run) => run.goOn()));
    if (fenced.every(Boolean)) await caughtUp(newest);
    else await endedInOrder(newest);
  },
});

/** Faults of several runs at once. */
export const RUNS_AT_ONCE: readonly Fault[] = [
  runsAtOnce('two-runs-at-once', 2),
  runsAtOnce('three-runs-at-once', 3),
  {
    name: 'stale-run-wakes-up',
    happen: async (pipeline, random) => {
      const stale = await StoppedRun.begin(pipeline, random);
      stale.passConversation();
      pipeline.markFault();
      await pipeline.catchUp();
      await pipeline.addPosts(100);
      await stale.goOn();
      await pipeline.catchUp();
    },
  },
];
