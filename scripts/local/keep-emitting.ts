import { setTimeout as delay } from 'node:timers/promises';
import { settledAll } from '../../lambda/shared/settled-all';
import type { EmitterRunError } from '../runs/emitter-run-error';
import { beforeServersStop } from './child-processes';
import type { EmitterProcess } from './emitter-process';
import type { KeptRun } from './kept-runs';

/** Shows the runs of a pipeline that goes on. */
export interface KeepView {
  readonly everySeconds: number;
  /** Told after each transaction of a run how many rows it has emitted. */
  committed(shard: number, rows: number): void;
  /** Takes the runs of all shards that have ended, and when the next ones begin, in milliseconds since 1970. */
  ended(runs: readonly KeptRun[], nextAt: number): Promise<void>;
  close(): void;
}

/**
 * Emits on a schedule, as EventBridge does on AWS: a failed run is followed by the next one.
 *
 * @param emitters one for each shard
 * @throws EmitterRunError when the process of an emitter is gone.
 */
export async function keepEmitting(emitters: readonly EmitterProcess[], view: KeepView): Promise<never> {
  let isStopping = false;
  beforeServersStop(async () => {
    isStopping = true;
    view.close();
  });
  const periodMs = view.everySeconds * 1_000;
  try {
    for (let nextAt = Date.now() + periodMs; ; ) {
      await delay(Math.max(0, nextAt - Date.now()));
      const runs = await settledAll(emitters.map((emitter, shard) => runOnce(emitter, shard, view)));
      nextAt = Date.now() + periodMs;
      await view.ended(runs, nextAt);
    }
  } catch (error) {
    // Ctrl-C ends the emitter, also in the middle of a run, and then this process.
    if (isStopping) await new Promise(() => {});
    throw error;
  } finally {
    view.close();
  }
}

async function runOnce(emitter: EmitterProcess, shard: number, view: KeepView): Promise<KeptRun> {
  try {
    const { summary } = await emitter.invoke({ shard }, (emitted) =>
      view.committed(
        shard,
        Object.values(emitted).reduce((sum, rows) => sum + rows, 0),
      ),
    );
    return { shard, at: new Date(), summary };
  } catch (error) {
    const { name, message } = error as EmitterRunError;
    if (name === 'Crashed') throw error;
    return { shard, at: new Date(), error: { name, message } };
  }
}
