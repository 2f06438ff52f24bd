import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that a test can close, freeze and open again. */
export class TcpProxy {
  /** How often somebody has connected. */
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private server = createServer();
  private isFrozen = false;

  /** @param target the port of this machine that connections are led to, from the next one on */
  protected constructor(
    public target: number,
    private listening: number,
  ) {}

  /**
   * @param target a port of this machine
   * @param port to be reached at. @default one that is free
   */
  static async to(target: number, port = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, port);
    await proxy.start();
    return proxy;
  }

  /** The port that stands for the server, also while it is closed. */
  get port(): number {
    return this.listening;
  }

  /** Nothing gets through any more, and nobody is told; new connections are taken and say nothing. */
  freeze(): void {
    this.isFrozen = true;
    this.stall();
  }

  /** Nothing gets through on the connections that there are, and nobody is told; new ones work. */
  stall(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Opens it, on the same port, after `stop`. */
  async start(): Promise<void> {
    this.isFrozen = false;
    this.server = createServer((near) => this.join(near)).listen(this.listening, '127.0.0.1');
    await once(this.server, 'listening');
    this.listening = (this.server.address() as AddressInfo).port;
  }

  /** Breaks every connection and refuses new ones. */
  async stop(): Promise<void> {
    this.breakConnections();
    if (!this.server.listening) return;
    await once(this.server.close(), 'close');
  }

  breakConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: Socket): void {
    this.connections += 1;
    this.keep(near);
    if (this.isFrozen) return;
    const far = connect(this.target, '127.0.0.1');
    this.keep(far);
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
  }
}
