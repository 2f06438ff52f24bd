import type { BenchContext } from './bench-context';
import type { PerParty } from './measurement';
import { type Usage, UsageWatch } from './process-usage';

/** Result of a piece of work, and the resources that it took. */
export interface Measured<T> {
  readonly result: T;
  readonly seconds: number;
  readonly usage: PerParty<Usage>;
}

/**
 * Measures the work of one or several processes, and the load that it puts on the servers.
 *
 * @param start returns their process ids, and is measured too
 * @param isNew whether `start` starts it. @default true
 */
export async function measure<P extends { readonly pid: number } | { readonly pids: readonly number[] }, T>(
  { servers }: Pick<BenchContext, 'servers'>,
  start: () => P | Promise<P>,
  work: (started: P) => Promise<T>,
  { isNew = true } = {},
): Promise<Measured<T>> {
  const brokers = servers.kafka.brokers.map(({ pid }) => new UsageWatch(pid));
  const database = new UsageWatch(servers.database.pid);
  const watches = [...brokers, database];
  try {
    const began = performance.now();
    const started = await start();
    const pids = 'pids' in started ? started.pids : [started.pid];
    const own = pids.map((pid) => new UsageWatch(pid, { isNew }));
    watches.push(...own);
    const result = await work(started);
    const seconds = (performance.now() - began) / 1000;
    const usage = { own: takenBy(own), kafka: takenBy(brokers), database: database.stop() };
    return { result, seconds, usage };
  } finally {
    for (const watch of watches) watch.stop();
  }
}

function takenBy(watches: readonly UsageWatch[]): Usage {
  const usages = watches.map((watch) => watch.stop());
  return {
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakBytes: usages.reduce((sum, { peakBytes }) => sum + peakBytes, 0),
  };
}
