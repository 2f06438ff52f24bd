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
 * Measures the work of a process, and the load that it puts on the servers.
 *
 * @param start returns the process, and is measured too
 * @param isNew whether `start` starts it. @default true
 */
export async function measure<P extends { readonly pid: number }, T>(
  { servers }: Pick<BenchContext, 'servers'>,
  start: () => P | Promise<P>,
  work: (process: P) => Promise<T>,
  { isNew = true } = {},
): Promise<Measured<T>> {
  const brokers = servers.kafka.brokers.map(({ pid }) => new UsageWatch(pid));
  const database = new UsageWatch(servers.database.pid);
  const watches = [...brokers, database];
  try {
    const began = performance.now();
    const process = await start();
    const own = new UsageWatch(process.pid, { isNew });
    watches.push(own);
    const result = await work(process);
    const seconds = (performance.now() - began) / 1000;
    const kafka = sumOf(brokers.map((watch) => watch.stop()));
    return { result, seconds, usage: { own: own.stop(), kafka, database: database.stop() } };
  } finally {
    for (const watch of watches) watch.stop();
  }
}

const sumOf = (usages: readonly Usage[]): Usage => ({
  cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  peakBytes: usages.reduce((sum, { peakBytes }) => sum + peakBytes, 0),
});
