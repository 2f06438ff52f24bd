import { Kafka, type LogEntry, logLevel } from 'kafkajs';
import type { EmitterEnvironment } from '../environment';
import { seedBroker, withAddresses } from './broker-address';
import { BrokerWatch, registerWatch } from './broker-watch';
import { installKafkaPatches } from './kafka-patches';
import { mskIam } from './msk-iam';

/**
 * Takes a line of the client's own log, which is about single tries and not about outcomes; or, as a `notice`, a line
 * for people about a broker that does not answer.
 */
export type KafkaLog = (line: {
  readonly message: string;
  readonly level: 'notice' | 'error' | 'warn';
}) => void;

/**
 * The Kafka client.
 *
 * With `iam` it speaks TLS and proves who it is with a token signed by the role's key, as Amazon MSK expects it on
 * port 9098; with `none` plain text.
 */
export function createKafka(
  { brokers, authentication, region }: Omit<EmitterEnvironment['kafka'], 'compression'>,
  log: KafkaLog = () => {},
): Kafka {
  installKafkaPatches();
  const watch = new BrokerWatch(brokers, (message) => log({ message, level: 'notice' }));
  const kafka = new Kafka({
    clientId: 'pinterest-data-pipeline',
    brokers: brokers.map(seedBroker),
    socketFactory: withAddresses(watch.socketFactory),
    // The default of one second is too short for TLS and a signed login on a busy broker.
    connectionTimeout: 10_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    // About half a minute in all: longer than a broker takes to fail over. Given in full, since under NODE_ENV=test the
    // client has other defaults.
    retry: { retries: 12, initialRetryTime: 50, maxRetryTime: 5_000, factor: 0.2, multiplier: 2 },
    ...(authentication === 'iam' && { ssl: true, sasl: mskIam(region) }),
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message } }: LogEntry) =>
        log({ message, level: level === logLevel.ERROR ? 'error' : 'warn' }),
  });
  registerWatch(kafka, watch);
  return kafka;
}
