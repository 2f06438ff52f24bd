import BrokerPool from 'kafkajs/src/cluster/brokerPool';

let isPatched = false;

/** The error of a pool that was disconnected while it tried to connect; the client does not retry it. */
class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
  readonly retriable = false;

  constructor() {
    super('The client was disconnected.');
  }
}

const disconnected = new WeakSet<BrokerPool>();

/**
 * Ends the tries to reach a broker when the client is disconnected: kafkajs 2.2.4 goes on for all of its retries, and
 * opens sockets that nobody waits for (`src/cluster/brokerPool.js`).
 */
export function endTriesOnDisconnect(): void {
  const { connect, createSeedBroker, disconnect, findConnectedBroker, refreshMetadata } =
    BrokerPool.prototype;
  const unlessDisconnected = <Arguments extends unknown[], T>(
    method: (this: BrokerPool, ...given: Arguments) => Promise<T>,
  ) =>
    async function guarded(this: BrokerPool, ...given: Arguments): Promise<T> {
      if (disconnected.has(this)) throw new DisconnectedError();
      return await method.apply(this, given);
    };
  BrokerPool.prototype.createSeedBroker = unlessDisconnected(createSeedBroker);
  BrokerPool.prototype.findConnectedBroker = unlessDisconnected(findConnectedBroker);
  BrokerPool.prototype.refreshMetadata = unlessDisconnected(refreshMetadata);
  BrokerPool.prototype.connect = async function connecting(): Promise<void> {
    if (disconnected.delete(this)) this.seedBroker = undefined;
    await connect.call(this);
  };
  BrokerPool.prototype.disconnect = async function disconnecting(): Promise<void> {
    disconnected.add(this);
    await disconnect.call(this);
    // A try that waits for its turn finds this one, and is the last.
    this.seedBroker = {
      isConnected: () => false,
      connect: () => Promise.reject(new DisconnectedError()),
      disconnect: () => Promise.resolve(),
    };
  };
}

/**
 * Lets the client say why no broker did what it asks of any of them: kafkajs 2.2.4 drops the errors, and says that there
 * is no group coordinator, or reads a property of null (`withBroker` in `src/cluster/brokerPool.js`).
 */
export function keepErrorsOfBrokers(): void {
  if (isPatched) return;
  isPatched = true;
  const { withBroker } = BrokerPool.prototype;
  BrokerPool.prototype.withBroker = async function keepingErrors<T>(
    this: BrokerPool,
    ask: (broker: object) => Promise<T>,
  ): Promise<T | null> {
    let last: unknown;
    const answer = await (withBroker<T>).call(this, async (broker) => {
      try {
        return await ask(broker);
      } catch (error) {
        last = error;
        throw error;
      }
    });
    if (answer === null && last !== undefined) throw last;
    return answer;
  };
}
