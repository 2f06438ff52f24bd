import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory, Kafka } from 'kafkajs';
import { ABORTED, raceAbort } from '../race-abort';
import { kafkaError } from './kafka-errors';

/** Time to a broker's first answer before a notice is given, in milliseconds. */
const SLOW_MS = 4_000;

/**
 * Timeout for a broker that never answered, in milliseconds. Longer than a cluster goes on naming
 * one that is gone (broker.session.timeout.ms, by default nine seconds).
 */
const GIVEN_UP_MS = 10_000;

/**
 * Silence after which a connection to a broker that never answered is closed, in milliseconds. The client would wait for
 * its first request for half a minute, and then not try another broker.
 */
const SILENT_MS = 8_000;

/** Failures that are further apart have nothing to do with each other, in milliseconds: more than any wait of the client's. */
const UNRELATED_MS = 12_000;

/** Refused connections after which a broker counts as unreachable. */
const MANY_TRIES = 3;

/** Brokers take no larger request, and give no larger answer, by default (socket.request.max.bytes). */
const LARGEST_FRAME = 104_857_600;

/** A broker that does not answer. */
interface Trouble {
  readonly since: number;
  readonly lastAt: number;
  readonly tries: number;
  /** The last error, for people, and Node's code for it, if any. */
  readonly line: string;
  readonly code: string | undefined;
}

/**
 * Watches the connections to brokers. The client tries again and again, and for minutes, where a broker's name cannot be
 * resolved, or nobody listens there, and tells nobody. So a line tells it at once; and a broker that has never answered
 * in this process ends whatever waits for it. One that has answered before may be away for as long as the client waits.
 */
export class BrokerWatch {
  private readonly answered = new Set<string>();
  private readonly troubles = new Map<string, Trouble>();
  private controller = new AbortController();

  /**
   * @param bootstrap `host:port` of the brokers that are configured
   * @param tell takes a line for people
   */
  constructor(
    private readonly bootstrap: readonly string[],
    private readonly tell: (line: string) => void,
  ) {}

  /** Aborted, with a PipelineError as the reason, when a broker is unreachable. From then on this is a new signal. */
  get signal(): AbortSignal {
    if (this.controller.signal.aborted) this.controller = new AbortController();
    return this.controller.signal;
  }

  /** Connects as the client does by default. */
  readonly socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket: Socket = ssl
      ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
      : connect({ host, port }, onConnect);
    socket.setKeepAlive(true, 60_000);
    this.watch(socket, isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`, ssl !== undefined);
    return socket;
  };

  private watch(socket: Socket, broker: string, isOverTls: boolean): void {
    const began = Date.now();
    let isCounted = false;
    let hasAnswered = false;
    let isResolved = isIP(broker.slice(0, broker.lastIndexOf(':')).replace(/^\[|\]$/g, '')) !== 0;
    const fail = (error: NodeJS.ErrnoException): void => {
      this.failed(broker, error, began, !isCounted);
      isCounted = true;
    };
    const silence = (milliseconds: number): Error =>
      isResolved
        ? new Error(`no answer within ${milliseconds / 1_000} s`)
        : Object.assign(new Error(`its name cannot be resolved within ${milliseconds / 1_000} s`), {
            code: 'EAI_AGAIN',
          });
    const whenSilentFor = (milliseconds: number, act: (error: Error) => void): NodeJS.Timeout =>
      setTimeout(() => {
        // After a pause of this process the answer may be there, and is read after its timers.
        setImmediate(() => !hasAnswered && !socket.destroyed && act(silence(milliseconds)));
      }, milliseconds).unref();
    const timers = [
      whenSilentFor(SLOW_MS, fail),
      whenSilentFor(SILENT_MS, (error) => this.answered.has(broker) || socket.destroy(error)),
    ];
    const stopTimers = (): void => timers.forEach(clearTimeout);
    socket.once('lookup', (error: Error | null) => {
      isResolved ||= error === null;
    });
    const onEnd = () => fail(new Error(isOverTls ? CLOSES_TLS : CLOSES_PLAIN));
    socket.once('error', fail);
    socket.once('end', onEnd);
    socket.once('close', stopTimers);
    socket.once('data', (bytes: Buffer) => {
      hasAnswered = true;
      stopTimers();
      socket.off('end', onEnd);
      if (isFrame(bytes)) this.succeeded(broker);
      else socket.destroy(new Error(isTls(bytes) ? PLAIN_TO_TLS : 'it answers, but not as Kafka does'));
    });
  }

  private succeeded(broker: string): void {
    this.answered.add(broker);
    this.troubles.delete(broker);
  }

  private failed(broker: string, error: NodeJS.ErrnoException, began: number, isNewTry: boolean): void {
    const now = Date.now();
    const before = this.troubles.get(broker);
    const isRelated = before !== undefined && now - before.lastAt < UNRELATED_MS;
    const line = this.describe(broker, error);
    const trouble: Trouble = {
      since: isRelated ? before.since : began,
      lastAt: now,
      tries: (isRelated ? before.tries : 0) + (isNewTry ? 1 : 0),
      line,
      code: error.code,
    };
    this.troubles.set(broker, trouble);
    if (!isRelated && isNewTry) this.tell(line);
    // The client shows the message in an error of its own, which may be the one that is seen.
    if (!this.answered.has(broker)) error.message = line.replace(/\.$/, '');
    if (now - trouble.since >= GIVEN_UP_MS && this.isHopeless(broker, trouble)) this.giveUp(broker, trouble);
  }

  private isHopeless(broker: string, { tries }: Trouble): boolean {
    if (this.answered.has(broker)) return false;
    // Together with a broker that has answered before, it is the cluster that is away.
    const isOutage = [...this.troubles].some(
      ([other, { lastAt }]) => this.answered.has(other) && Date.now() - lastAt < UNRELATED_MS,
    );
    // Of several configured brokers the client needs one.
    const isNeeded = this.answered.size === 0 || !this.bootstrap.includes(broker);
    return !isOutage && tries >= (isNeeded ? 2 : MANY_TRIES);
  }

  private giveUp(broker: string, { line, code = 'ETIMEDOUT' }: Trouble): void {
    const others = [...this.troubles].filter(([other]) => other !== broker && !this.answered.has(other));
    const lines = [line, ...others.map(([, other]) => other.line)];
    this.troubles.clear();
    const cause = Object.assign(new Error(lines.join(' ').replace(/\.$/, '')), { code });
    this.controller.abort(kafkaError(cause, 'connecting'));
  }

  private describe(broker: string, error: NodeJS.ErrnoException): string {
    const advertised = this.bootstrap.includes(broker)
      ? ''
      : ` The cluster advertises that name (advertised.listeners); it must be reachable from here.`;
    return `The broker ${broker} cannot be reached: ${reasonOf(error)}.${advertised}`;
  }
}

const CLOSES_PLAIN = 'it closes the connection; it may require TLS or another authentication';

const CLOSES_TLS = 'it closes the connection; it may have no TLS, or require another authentication';

const PLAIN_TO_TLS =
  'it answers in TLS, and plain text was sent to it; TLS goes with the authentication "iam" (--kafka-authentication, or KAFKA_AUTHENTICATION)';

/** OpenSSL's own text is several lines of names in its sources. */
const reasonOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code?.startsWith('ERR_SSL_') === true
    ? `TLS was sent to it, and it does not answer as a server with TLS (${code})`
    : message;

/** Whether a server refuses plain text with an alert of TLS. https://datatracker.ietf.org/doc/html/rfc8446#section-5.1 */
const isTls = (bytes: Buffer): boolean => bytes[0] === 21 && bytes[1] === 3;

/** Every answer of a broker begins with its length. */
const isFrame = (bytes: Buffer): boolean =>
  bytes.length < 4 || (bytes.readInt32BE(0) > 0 && bytes.readInt32BE(0) <= LARGEST_FRAME);

const WATCHES = new WeakMap<Kafka, BrokerWatch>();

/** Lets a client be waited for by {@link whileReachable}. */
export const registerWatch = (kafka: Kafka, watch: BrokerWatch): void => void WATCHES.set(kafka, watch);

/** Aborted when a broker that the client needs is unreachable. */
export const unreachableSignalOf = (kafka: Kafka): AbortSignal =>
  WATCHES.get(kafka)?.signal ?? new AbortController().signal;

/**
 * Does something with a client, for as long as its brokers can be reached.
 *
 * @throws PipelineError naming a broker that never answered, instead of waiting for all that the client tries.
 */
export async function whileReachable<T>(kafka: Kafka, work: () => Promise<T>): Promise<T> {
  const signal = unreachableSignalOf(kafka);
  const result = await raceAbort(signal, work());
  if (result === ABORTED) throw signal.reason;
  return result;
}
