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
  { servers }: BenchContext,
  start: () => P | Promise<P>,
  work: (process: P) => Promise<T>,
  { isNew = true } = {},
): Promise<Measured<T>> {
  const kafka = new UsageWatch(servers.kafka.brokers[0]?.pid ?? 0);
  const database = new UsageWatch(servers.database.pid);
  const watches = [kafka, database];
  try {
    const began = performance.now();
    const process = await start();
    const own = new UsageWatch(process.pid, { isNew });
    watches.push(own);
    const result = await work(process);
    const seconds = (performance.now() - began) / 1000;
    return { result, seconds, usage: { own: own.stop(), kafka: kafka.stop(), database: database.stop() } };
  } finally {
    for (const watch of watches) watch.stop();
  }
}
