import { setTimeout as sleep } from 'node:timers/promises';

/** Timeout for closing, in milliseconds: kafkajs is known to get stuck in it when a broker is gone. */
const CLOSING_MS = 5_000;

/** Closes something, in bounded time and without errors; nothing depends on it. */
export async function closeQuietly(closing: () => Promise<unknown> | undefined): Promise<void> {
  const timer = new AbortController();
  const timeout = sleep(CLOSING_MS, undefined, { signal: timer.signal, ref: false }).catch(() => {});
  const closed = async () => await closing();
  await Promise.race([closed().catch(() => {}), timeout]);
  timer.abort();
}
