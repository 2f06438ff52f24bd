import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for a client to disconnect, which kafkajs may never do when a broker is gone. Milliseconds. */
const DISCONNECT_MS = 10_000;

/** Disconnects a client of kafkajs, in bounded time and without errors. */
export async function disconnect(client: { disconnect(): Promise<void> }): Promise<void> {
  const disconnected = client.disconnect().catch(() => {});
  await Promise.race([disconnected, delay(DISCONNECT_MS, undefined, { ref: false })]);
}
