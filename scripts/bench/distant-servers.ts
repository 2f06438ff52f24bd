import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Kafka } from 'kafkajs';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import type { BrokerPorts } from '../local/kafka';
import { type LocalServers, startLocalServers } from '../local/pipeline-servers';
import type { Progress } from '../terminal/progress';
import { DistantBrokers } from './distant-brokers';

const NODES = [1, 2, 3] as const;

/** A database, and three brokers that are as far away as a network makes them. */
export interface DistantServers {
  /** With the ways to the brokers that delay. */
  readonly servers: LocalServers;
  /** A client that takes no such way. */
  readonly kafka: Kafka;
  readonly distant: DistantBrokers;
  /** Folder of the first broker's partitions; it has a copy of each. */
  readonly kafkaData: string;
  /** For files of what is measured. */
  readonly files: string;
}

/**
 * Does something with new servers, which are removed afterwards. A record is acknowledged when two brokers have it; what
 * the brokers say to each other is not delayed.
 */
export async function withDistantServers<T>(
  directory: string,
  progress: Progress,
  work: (servers: DistantServers) => Promise<T>,
): Promise<T> {
  const files = path.join(directory, 'files');
  const own = path.join(directory, 'servers');
  rmSync(files, { recursive: true, force: true });
  mkdirSync(files, { recursive: true });
  const distant = new DistantBrokers();
  const ports = await Promise.all(NODES.map((nodeId) => distant.open(nodeId)));
  const servers = await startLocalServers({
    directory: own,
    brokers: NODES.length,
    fresh: true,
    kafkaProperties: (broker) => {
      distant.leadTo(broker.nodeId, broker.sparePort);
      return propertiesOf(broker, ports[broker.nodeId - 1] as number);
    },
    progress,
  });
  try {
    const brokers = servers.kafka.bootstrapServers;
    const bootstrapServers = ports.map((port) => `127.0.0.1:${port}`);
    return await work({
      servers: { ...servers, kafka: { ...servers.kafka, bootstrapServers } },
      kafka: createKafka({ brokers, authentication: 'none', region: 'local' }),
      distant,
      kafkaData: path.join(own, 'kafka', 'data', 'broker-1'),
      files,
    });
  } finally {
    await servers.stop();
    await distant.close();
    for (const server of ['kafka', 'mariadb'])
      rmSync(path.join(own, server, 'data'), { recursive: true, force: true });
  }
}

/** Clients are told the ways that delay; the brokers among each other, and this program, do not take them. */
const propertiesOf = ({ port, controllerPort, sparePort }: BrokerPorts, distantPort: number) => ({
  listeners: [
    `PLAINTEXT://127.0.0.1:${port}`,
    `CONTROLLER://127.0.0.1:${controllerPort}`,
    `DISTANT://127.0.0.1:${sparePort}`,
  ].join(','),
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},DISTANT://127.0.0.1:${distantPort}`,
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,DISTANT:PLAINTEXT',
  'log.segment.delete.delay.ms': 1_000,
});
