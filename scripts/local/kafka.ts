import { existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { muteNegativeTimeoutWarning } from '../../lambda/shared/kafka/negative-timeout-warning';
import { freePorts } from '../machine/free-ports';
import { writePrivateFile } from '../machine/private-file';
import { serverEnvironment } from '../machine/program-environment';
import { killOrphans, type RunningChild, startChild } from './child-processes';
import { IAM_LISTENER, type IamOptions, iamListener } from './iam-listener';
import { classPathFrom, type JavaProperties, LOG_OPTION, propertiesText } from './java';
import { clusterIdOf, format } from './kafka-storage';

/** Options of Kafka. */
export interface KafkaOptions {
  /** The Java class path of Kafka, from `serverFiles`. */
  readonly classPath: string;
  /** Its own directory for configuration, data and logs; created when missing. */
  readonly directory: string;
  /** One broker, or three that replicate to each other as the cluster on AWS does. @default 1 */
  readonly brokers?: 1 | 3;
  /** True to discard the data of an earlier start. @default false */
  readonly fresh?: boolean;
  /** A second listener, that asks for TLS and for the tokens of MSK's IAM; and ACLs, that deny by default. @default none */
  readonly iam?: IamOptions;
  /** More broker properties, or other values for the ones below; of each broker where they are a function. */
  readonly properties?: BrokerProperties | ((broker: BrokerPorts) => BrokerProperties);
}

/** Broker properties by name. https://kafka.apache.org/39/documentation.html#brokerconfigs */
export type BrokerProperties = JavaProperties;

/** Listeners of a broker. */
export interface BrokerPorts {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
  /** Free for a listener that other properties add. */
  readonly sparePort: number;
}

/** One broker of a {@link LocalKafka}. */
export interface LocalBroker {
  readonly nodeId: number;
  readonly port: number;
  /** The port for TLS and IAM, where there is one. */
  readonly iamPort: number | undefined;
  /** The process id; another one after `start`. */
  readonly pid: number;
  /** Sends a signal to the broker (tests kill brokers). Settles when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts the broker again after it was killed; settles when every broker is in the cluster's metadata. */
  start(): Promise<void>;
}

/** A running Kafka on 127.0.0.1. */
export interface LocalKafka {
  /** `host:port` of each broker. */
  readonly bootstrapServers: string[];
  readonly brokers: readonly LocalBroker[];
  /** The certificate to trust at the ports for IAM: a file in PEM. */
  readonly certificateFile: string | undefined;
  /** Stops the brokers. Calling it again is harmless. */
  stop(): Promise<void>;
}

/** The broker's largest value: a checkpoint of the emitter must never expire. Minutes. */
const OFFSETS_RETENTION_MINUTES = 2_147_483_647;

/**
 * Starts Kafka in KRaft mode, each process both broker and controller.
 *
 * @throws ProgramError with the end of the broker's log when it does not come up.
 */
export async function startKafka(options: KafkaOptions): Promise<LocalKafka> {
  const { directory } = options;
  const count = options.brokers ?? 1;
  muteNegativeTimeoutWarning();
  mkdirSync(directory, { recursive: true });
  await killOrphans(directory);
  const classPath = classPathFrom(directory, options.classPath);
  const brokerClassPath = classPathFrom(directory, options.iam?.classPath, options.classPath);
  const temporary = path.join(directory, 'tmp');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary);
  if (options.fresh) rmSync(path.join(directory, 'data'), { recursive: true, force: true });

  const iam = options.iam && (await iamListener(options.iam, directory));
  const ports = await freePorts(4 * count);
  const nodes = Array.from({ length: count }, (_, index) => ({
    nodeId: index + 1,
    port: ports[4 * index] as number,
    controllerPort: ports[4 * index + 1] as number,
    iamPort: iam && ports[4 * index + 2],
    sparePort: ports[4 * index + 3] as number,
    // Relative to the directory, because Kafka takes a comma for the end of a path.
    data: path.join('data', `broker-${index + 1}`),
    propertiesFile: path.join(directory, `broker-${index + 1}.properties`),
  }));
  const voters = nodes.map((node) => `${node.nodeId}@127.0.0.1:${node.controllerPort}`).join(',');
  const clusterId = clusterIdOf(directory);
  await Promise.all(
    nodes.map(async (node) => {
      writeProperties(node.propertiesFile, {
        'process.roles': 'broker,controller',
        'node.id': node.nodeId,
        'controller.quorum.voters': voters,
        listeners: [...listenersOf(node), `CONTROLLER://127.0.0.1:${node.controllerPort}`].join(','),
        'advertised.listeners': listenersOf(node).join(','),
        'controller.listener.names': 'CONTROLLER',
        'inter.broker.listener.name': 'PLAINTEXT',
        'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,${IAM_LISTENER}:SASL_SSL`,
        'log.dirs': node.data,
        ...CLUSTER_PROPERTIES,
        ...replication(count),
        ...iam?.properties,
        ...(typeof options.properties === 'function' ? options.properties(node) : options.properties),
      });
      if (!existsSync(path.join(directory, node.data, 'meta.properties'))) {
        await format({ directory, classPath, propertiesFile: node.propertiesFile, clusterId });
      }
    }),
  );

  const bootstrapServers = nodes.map((node) => `127.0.0.1:${node.port}`);
  const children = new Map<number, RunningChild>();
  const start = async (node: (typeof nodes)[number]): Promise<void> => {
    const child = await startChild({
      name: `broker-${node.nodeId}`,
      directory,
      command: 'java',
      args: [...javaOptions(count), '-cp', brokerClassPath, 'kafka.Kafka', node.propertiesFile],
      environment: serverEnvironment(),
      // Of three controllers that stop together the last cannot hand over to a majority and waits for one in vain.
      graceMs: count === 3 ? 3_000 : 10_000,
    });
    children.set(node.nodeId, child);
    await child.ready(() => knowsEveryBroker(node.port, count));
  };
  const childOf = (nodeId: number): RunningChild => children.get(nodeId) as RunningChild;
  const stop = async (): Promise<void> => {
    await Promise.all([...children.values()].map((child) => child.stop()));
  };

  try {
    await Promise.all(nodes.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    bootstrapServers,
    certificateFile: iam?.certificateFile,
    brokers: nodes.map((node) => ({
      nodeId: node.nodeId,
      port: node.port,
      iamPort: node.iamPort,
      get pid() {
        return childOf(node.nodeId).pid;
      },
      kill: async (signal) => {
        childOf(node.nodeId).kill(signal);
        await childOf(node.nodeId).ended;
      },
      start: () => start(node),
    })),
    stop,
  };
}

const listenersOf = ({ port, iamPort }: { port: number; iamPort: number | undefined }): string[] => [
  `PLAINTEXT://127.0.0.1:${port}`,
  ...(iamPort === undefined ? [] : [`${IAM_LISTENER}://127.0.0.1:${iamPort}`]),
];

const CLUSTER_PROPERTIES = {
  'auto.create.topics.enable': false,
  'unclean.leader.election.enable': false,
  'offsets.retention.minutes': OFFSETS_RETENTION_MINUTES,
  'num.partitions': 3,
  // Few, because each is a folder to create before the first commit of an offset or a transaction.
  'offsets.topic.num.partitions': 6,
  'transaction.state.log.num.partitions': 6,
  'group.initial.rebalance.delay.ms': 0,
  'broker.session.timeout.ms': 6000,
} as const;

const replication = (brokers: 1 | 3): Record<string, number> => {
  const inSync = brokers === 3 ? 2 : 1;
  return {
    'default.replication.factor': brokers,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': brokers,
    'transaction.state.log.replication.factor': brokers,
    'transaction.state.log.min.isr': inSync,
  };
};

const javaOptions = (brokers: 1 | 3): string[] => [
  brokers === 3 ? '-Xmx400m' : '-Xmx512m',
  LOG_OPTION,
  // Codecs are unpacked and run there, which not every machine allows in /tmp. Relative to the directory.
  '-Djava.io.tmpdir=tmp',
];

function writeProperties(file: string, properties: BrokerProperties): void {
  // The keys of a listener for IAM are among them.
  writePrivateFile(file, propertiesText(properties));
}

/** @throws Error until the broker at a port answers, and with a controller and as many brokers as there should be. */
async function knowsEveryBroker(port: number, count: number): Promise<void> {
  const kafka = new Kafka({
    clientId: 'local-kafka',
    brokers: [`127.0.0.1:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    if (brokers.length < count || controller === null) {
      throw new Error(`${brokers.length} of ${count} brokers are in the cluster.`);
    }
  } finally {
    await admin.disconnect();
  }
}
