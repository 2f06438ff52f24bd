import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Requests of a transactional producer, by their numbers. https://kafka.apache.org/protocol#protocol_api_keys */
const REQUESTS = {
  Produce: 0,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

/** The name of a request of a transactional producer. */
export type TransactionRequest = keyof typeof REQUESTS;

/** A moment in the conversation of a transactional producer with the brokers. */
export interface Moment {
  readonly transactionalId: string;
  readonly request: TransactionRequest;
  /** Before the broker gets the request, or after it has done it and before the producer gets the answer. */
  readonly side: 'request' | 'answer';
  /** Which request of this kind, from now on. @default 1 */
  readonly nth?: number;
  /** Only an answer that is no error; not for `Produce`, which has an answer for each partition. @default false */
  readonly isSuccess?: boolean;
  /** The connections of a new run only, or those of an earlier one as well, where something may still be under way. @default 'new' */
  readonly connections?: 'new' | 'all';
}

/** A conversation that stands still at a {@link Moment}. One of the methods lets it go on, or ends it. */
export interface StoppedConversation {
  /** The broker that has, or would have got, the request. */
  readonly nodeId: number;
  /** Hands over what was held back. */
  pass(): void;
  /** Drops what was held back, and the connection with it. */
  cut(): void;
  /** Drops what was held back and ends the direction to the producer only: its own requests still get through. */
  closeHalf(): void;
}

type Verdict = 'pass' | 'cut' | 'close-half';

interface Trap extends Required<Omit<Moment, 'connections'>> {
  /** Only connections with a larger number come to it. */
  readonly after: number;
  seen: number;
  readonly stopped: (conversation: StoppedConversation) => void;
}

/** Stands between producers and brokers, understands which request is which, and stops the conversation at a moment. */
export class KafkaProxies {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private traps: Trap[] = [];
  /** Number of connections so far. */
  private opened = 0;
  private readonly targets = new Map<number, number>();

  /** Opens a port for a broker, which need not be there yet. */
  async open(nodeId: number): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (near) => this.join(near, nodeId));
    this.servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Leads to a broker from now on. */
  leadTo(nodeId: number, port: number): void {
    this.targets.set(nodeId, port);
  }

  /** Settles when a conversation has come to a moment, and stands still there. */
  stopAt({
    nth = 1,
    isSuccess = false,
    connections = 'new',
    ...moment
  }: Moment): Promise<StoppedConversation> {
    const after = connections === 'new' ? this.opened : 0;
    return new Promise((stopped) => this.traps.push({ ...moment, nth, isSuccess, after, seen: 0, stopped }));
  }

  /** Forgets the moments that nobody has come to. */
  forget(transactionalId: string): void {
    this.traps = this.traps.filter((trap) => trap.transactionalId !== transactionalId);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => once(server.close(), 'close')));
  }

  private join(near: Socket, nodeId: number): void {
    const number = ++this.opened;
    const far = connect({ port: this.targets.get(nodeId) ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => this.sockets.delete(socket));
    }
    const asked = new Map<number, Buffer>();
    const inspect = async (
      side: Moment['side'],
      request: Buffer | undefined,
      frame: Buffer,
    ): Promise<boolean> => {
      const verdict = await this.verdictOn(side, request, frame, { number, nodeId });
      if (verdict === 'cut') end();
      if (verdict === 'close-half') near.end();
      return verdict === 'pass';
    };
    void relay(near, far, (frame) => {
      const request = Buffer.from(frame.subarray(0, HEAD_BYTES));
      asked.set(request.readInt32BE(8), request);
      return inspect('request', request, frame);
    }).catch(end);
    void relay(far, near, (frame) => {
      const correlationId = frame.readInt32BE(4);
      const request = asked.get(correlationId);
      asked.delete(correlationId);
      return inspect('answer', request, frame);
    }).catch(end);
  }

  private async verdictOn(
    side: Moment['side'],
    request: Buffer | undefined,
    frame: Buffer,
    { number, nodeId }: { readonly number: number; readonly nodeId: number },
  ): Promise<Verdict> {
    const trap = this.traps.find(
      (one) =>
        one.side === side &&
        number > one.after &&
        REQUESTS[one.request] === request?.readInt16BE(4) &&
        transactionalIdOf(request) === one.transactionalId &&
        (!one.isSuccess || frame.readInt16BE(ERROR_OFFSET) === 0) &&
        ++one.seen === one.nth,
    );
    if (trap === undefined) return 'pass';
    this.traps = this.traps.filter((one) => one !== trap);
    return await new Promise((resolve) => {
      trap.stopped({
        nodeId,
        pass: () => resolve('pass'),
        cut: () => resolve('cut'),
        closeHalf: () => resolve('close-half'),
      });
    });
  }
}

/** What is looked at of a request: its header and, first in the body of each of {@link REQUESTS}, the transactional id. */
const HEAD_BYTES = 200;

/** Where the header has the client's name, its last part: behind its length, what is asked, in which version, and a number. */
const CLIENT_OFFSET = 12;

/** The groups and ids of shards begin with those of the primary: looking for them anywhere in the request would mix them up. */
function transactionalIdOf(request: Buffer): string {
  const begin = CLIENT_OFFSET + 2 + Math.max(0, request.readInt16BE(CLIENT_OFFSET));
  const length = request.readInt16BE(begin);
  return request.toString('utf8', begin + 2, begin + 2 + length);
}

/** Where an answer has its error code: behind its length, the number of its request and how long that was held up. */
const ERROR_OFFSET = 12;

/**
 * Hands on what one side says to the other, request by request or answer by answer: 4 bytes of length, then as many.
 *
 * @param mayPass whether a frame is handed on; until that is known nothing behind it is, the end neither
 */
async function relay(from: Socket, to: Socket, mayPass: (frame: Buffer) => Promise<boolean>): Promise<void> {
  let rest = Buffer.alloc(0);
  for await (const bytes of from.iterator({ destroyOnReturn: false })) {
    rest = Buffer.concat([rest, bytes as Buffer]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const length = 4 + rest.readInt32BE(0);
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      if ((await mayPass(frame)) && !to.write(frame)) await once(to, 'drain');
    }
  }
  to.end();
}
