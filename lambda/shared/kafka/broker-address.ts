import type { ISocketFactory } from 'kafkajs';

/** An IPv6 address in brackets, as `host:port` has it. */
const IN_BRACKETS = /^\[(.+)\]/;

/**
 * A bootstrap broker as the client takes it. The client takes the first colon for the end of the host, so that one in an
 * IPv6 address is hidden until {@link withAddresses} connects.
 */
export const seedBroker = (broker: string): string =>
  broker.replace(IN_BRACKETS, (_, address: string) => `[${address.replaceAll(':', ';')}]`);

/** Makes sockets to the addresses that {@link seedBroker} has hidden. */
export const withAddresses =
  (socketFactory: ISocketFactory): ISocketFactory =>
  ({ host, ...options }) => {
    const [, hidden] = IN_BRACKETS.exec(host) ?? [];
    return socketFactory({ host: hidden?.replaceAll(';', ':') ?? host, ...options });
  };
