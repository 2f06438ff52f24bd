import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * Finds free ports of 127.0.0.1. All are bound at once, so that they differ, and then released: another program may
 * take one before its server binds it, which the server then reports as its error.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
