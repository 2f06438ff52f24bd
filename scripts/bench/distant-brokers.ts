import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { RequestCounts } from './request-counts';

/** Ways to brokers that take as long as a network's, and count the requests that go along them. */
export class DistantBrokers {
  /** Delay of each direction, in milliseconds. */
  delayMs = 0;
  readonly counts = new RequestCounts();
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly targets = new Map<number, number>();

  /** Opens a port that stands for a broker, which need not be there yet. */
  async open(nodeId: number): Promise<number> {
    const server = createServer((near) => this.join(near, this.targets.get(nodeId) ?? 0));
    this.servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Leads to a broker's port from now on. */
  leadTo(nodeId: number, port: number): void {
    this.targets.set(nodeId, port);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => once(server.close(), 'close')));
  }

  private join(near: Socket, port: number): void {
    const far = connect(port, '127.0.0.1');
    const answers = new Map<number, (answer: Buffer) => void>();
    const requests = new Frames((request) => answers.set(request.readInt32BE(8), this.counts.sent(request)));
    const replies = new Frames((reply) => {
      const correlationId = reply.readInt32BE(4);
      answers.get(correlationId)?.(reply);
      answers.delete(correlationId);
    });
    this.relay(near, far, (bytes) => requests.see(bytes), 'before');
    this.relay(far, near, (bytes) => replies.see(bytes), 'after');
  }

  /** @param counted whether bytes are counted before the delay or after it, which is where the client is */
  private relay(from: Socket, to: Socket, count: (bytes: Buffer) => void, counted: 'before' | 'after'): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      if (counted === 'before') count(bytes);
      const deliver = (): void => {
        if (counted === 'after') count(bytes);
        if (!to.destroyed) to.write(bytes);
      };
      if (this.delayMs === 0) deliver();
      else setTimeout(deliver, this.delayMs);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      setTimeout(() => to.destroy(), this.delayMs);
    });
  }
}

/** Longest beginning of a frame that anybody looks at, in bytes. */
const HEAD_BYTES = 512;

/** Finds the beginning of each frame, which begins with its length, without a copy of the rest. */
class Frames {
  private head = Buffer.alloc(0);
  /** Bytes of the current frame that are still to come and that nobody looks at. */
  private skipped = 0;

  constructor(private readonly onFrame: (head: Buffer) => void) {}

  see(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      const passed = Math.min(this.skipped, rest.length);
      this.skipped -= passed;
      rest = rest.subarray(passed);
      if (rest.length === 0) return;
      const wanted = this.head.length < 4 ? 4 : Math.min(HEAD_BYTES, 4 + this.head.readInt32BE(0));
      const taken = Math.min(wanted - this.head.length, rest.length);
      this.head = Buffer.concat([this.head, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      if (this.head.length < 4) return;
      const length = 4 + this.head.readInt32BE(0);
      if (this.head.length < Math.min(HEAD_BYTES, length)) continue;
      this.skipped = length - this.head.length;
      this.onFrame(this.head);
      this.head = Buffer.alloc(0);
    }
  }
}
