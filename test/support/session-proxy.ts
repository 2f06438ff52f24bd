import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Length and number of a packet. https://mariadb.com/docs/server/reference/clientserver-protocol/0-packet */
const HEADER_BYTES = 4;

const COM_QUERY = 0x03;
const COM_RESET_CONNECTION = 0x1f;

/** What is put before a statement of the client: a statement, or the command that resets a session. */
export type Injected = string | 'reset' | undefined;

const proxies: SessionProxy[] = [];

afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

/** A way to a MariaDB or MySQL on which a test does something with the client's session that the client is not told of, as a pooling proxy does. */
export class SessionProxy {
  /** Asked before each statement of the client. */
  inject: (sql: string) => Injected = () => undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.join(client));

  private constructor(private readonly target: number) {}

  static async to(target: number): Promise<SessionProxy> {
    const proxy = new SessionProxy(target);
    proxies.push(proxy);
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await once(this.server.close(), 'close');
  }

  private join(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    let held: Buffer | undefined;
    const toServer = new Packets((packet) => {
      const start = startOfSql(packet);
      const injected = start === undefined ? undefined : this.inject(packet.toString('utf8', start));
      if (injected === undefined) return server.write(packet);
      held = packet;
      return server.write(
        injected === 'reset'
          ? packetOf(Buffer.from([COM_RESET_CONNECTION]))
          : packetOf(Buffer.concat([packet.subarray(HEADER_BYTES, start), Buffer.from(injected)])),
      );
    });
    const toClient = new Packets((packet) => {
      if (held === undefined) return client.write(packet);
      // The answer to what was injected is not the client's.
      const next = held;
      held = undefined;
      return server.write(next);
    });
    client.on('data', (bytes) => toServer.push(bytes as Buffer));
    server.on('data', (bytes) => toClient.push(bytes as Buffer));
  }
}

/** Where the statement of a query begins; MySQL puts the number of its attributes, none, and of their sets before it. */
function startOfSql(packet: Buffer): number | undefined {
  if (packet[HEADER_BYTES] !== COM_QUERY) return undefined;
  const afterCommand = HEADER_BYTES + 1;
  return packet[afterCommand] === 0 ? afterCommand + 2 : afterCommand;
}

function packetOf(payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntLE(payload.length, 0, 3);
  return Buffer.concat([header, payload]);
}

/** Puts a stream of bytes together to packets. */
class Packets {
  private bytes = Buffer.alloc(0);

  constructor(private readonly onPacket: (packet: Buffer) => void) {}

  push(more: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, more]);
    for (let size = this.size(); this.bytes.length >= size; size = this.size()) {
      const packet = this.bytes.subarray(0, size);
      this.bytes = this.bytes.subarray(size);
      this.onPacket(packet);
    }
  }

  private size(): number {
    return this.bytes.length < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + this.bytes.readUIntLE(0, 3);
  }
}
