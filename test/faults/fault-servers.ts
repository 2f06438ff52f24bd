import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel, type PartitionMetadata } from 'kafkajs';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { topicsOf } from '../../lambda/shared/streams';
import { serverFiles } from '../../scripts/local/downloads';
import type { EmitterProgram } from '../../scripts/local/emitter-process';
import { type ExclusiveLock, takeLock } from '../../scripts/local/exclusive-lock';
import { type BrokerPorts, type LocalBroker, type LocalKafka, startKafka } from '../../scripts/local/kafka';
import { type LocalMariaDb, startMariaDb } from '../../scripts/local/mariadb';
import { createTopics } from '../../scripts/local/topics';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { silentProgress } from '../../scripts/terminal/progress';
import { builtEmitter } from '../support/built-emitter';
import { KafkaProxies } from '../support/kafka-proxy';
import { TcpProxy } from '../support/tcp-proxy';
import { removeEarlierRuns } from '../support/test-servers';

/** A connection that is idle this long is closed by the broker, in milliseconds. */
export const BROKER_IDLE_MS = 6_000;

/** How long brokers may take to agree, in milliseconds. */
const HEALED_MS = 120_000;

const NODES = [1, 2, 3] as const;

/** Runs are kept apart by process id; the last one's logs stay until the next. */
const RUNS = path.join(LOCAL_DIRECTORY, 'faults');

/**
 * Three brokers, of which two must have a record before it is acknowledged, and a MariaDB; what the emitter says to them,
 * and hears of them, goes through proxies.
 */
export class FaultServers {
  private constructor(
    readonly directory: string,
    private readonly lock: ExclusiveLock,
    private readonly mariaDbBase: string,
    readonly kafka: LocalKafka,
    /** Where the emitter finds the brokers. */
    readonly bootstrapServers: string[],
    readonly kafkaProxies: KafkaProxies,
    private database: LocalMariaDb,
    /** Where the emitter finds the database. */
    readonly databaseProxy: TcpProxy,
    /** What a process of the emitter runs. */
    readonly emitterProgram: EmitterProgram,
  ) {}

  static async start(): Promise<FaultServers> {
    await removeEarlierRuns(RUNS);
    const directory = path.join(RUNS, String(process.pid));
    const lock = takeLock(path.join(directory, 'lock'));
    const files = await serverFiles(silentProgress);
    const emitterProgram = await builtEmitter(path.join(directory, 'emitter'));
    const proxies = new KafkaProxies();
    const proxyPorts = await Promise.all(NODES.map((nodeId) => proxies.open(nodeId)));
    const started = await Promise.allSettled([
      startKafka({
        classPath: files.kafkaClassPath,
        directory: path.join(directory, 'kafka'),
        brokers: NODES.length,
        properties: (broker) => {
          proxies.leadTo(broker.nodeId, broker.sparePort);
          return propertiesOf(broker, proxyPorts[broker.nodeId - 1] as number);
        },
      }),
      startMariaDb({ base: files.mariaDbBase, directory: path.join(directory, 'mariadb') }),
    ]);
    const [kafka, database] = started;
    if (kafka.status === 'rejected' || database.status === 'rejected') {
      await proxies.close();
      for (const server of started) if (server.status === 'fulfilled') await server.value.stop();
      throw kafka.status === 'rejected' ? kafka.reason : (database as PromiseRejectedResult).reason;
    }
    return new FaultServers(
      directory,
      lock,
      files.mariaDbBase,
      kafka.value,
      proxyPorts.map((port) => `127.0.0.1:${port}`),
      proxies,
      database.value,
      await TcpProxy.to(database.value.port),
      emitterProgram,
    );
  }

  /** The login that may do everything, past the proxy. */
  get admin(): LocalMariaDb['admin'] {
    return this.database.admin;
  }

  /**
   * A client of the brokers, past the proxies.
   *
   * @param only the one broker that it asks, whatever it asks. @default whichever the client chooses
   */
  newKafka(only?: LocalBroker): Kafka {
    return new Kafka({
      clientId: 'test',
      brokers: this.kafka.bootstrapServers,
      ...(only !== undefined && {
        socketFactory: ({ onConnect }) => connect(only.port, '127.0.0.1', onConnect),
      }),
      logLevel: logLevel.NOTHING,
      connectionTimeout: 10_000,
      retry: { retries: 12, initialRetryTime: 100, maxRetryTime: 3_000 },
    });
  }

  async withAdmin<T>(work: (admin: Admin) => Promise<T>, only?: LocalBroker): Promise<T> {
    const admin = this.newKafka(only).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  broker(nodeId: number): LocalBroker {
    return this.kafka.brokers.find((broker) => broker.nodeId === nodeId) as LocalBroker;
  }

  /** Ends the database as a failing machine would, and starts it again with the same data. */
  async restartDatabase(): Promise<void> {
    process.kill(this.database.pid, 'SIGKILL');
    await this.database.stop();
    this.databaseProxy.breakConnections();
    this.database = await startMariaDb({
      base: this.mariaDbBase,
      directory: path.join(this.directory, 'mariadb'),
    });
    this.databaseProxy.target = this.database.port;
  }

  /** Runs a statement with all rights. */
  async asAdmin(sql: string): Promise<string[][]> {
    const connection = await connectToDatabase({ ...this.admin, database: 'information_schema' }, 'off');
    try {
      const rows = await rowsOf(connection, { sql });
      return Array.isArray(rows) ? rows.map((row) => row.map(String)) : [];
    } finally {
      connection.destroy();
    }
  }

  /** Creates those of the user's topics that are missing, and waits until every broker knows them. */
  async createTopics(userId: string): Promise<void> {
    for (const broker of this.kafka.brokers) await createTopics(this.newKafka(broker), userId);
  }

  /** Deletes those of the topics that there are, and waits until no broker knows them. */
  async deleteTopics(topics: readonly string[]): Promise<void> {
    const known = async (admin: Admin): Promise<string[]> =>
      (await admin.listTopics()).filter((topic) => topics.includes(topic));
    await this.withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: await known(admin) });
    });
    for (const broker of this.kafka.brokers) {
      await this.withAdmin(async (admin) => {
        while ((await known(admin)).length > 0) await delay(50);
      }, broker);
    }
  }

  /** Gives each of a user's topics more partitions, and waits until every broker knows them. */
  async addPartitions(userId: string, count: number): Promise<void> {
    const topics = topicsOf(userId);
    await this.withAdmin((admin) =>
      admin.createPartitions({ topicPartitions: topics.map((topic) => ({ topic, count })) }),
    );
    await this.everyBrokerSays(topics, ({ leader }, { length }) => leader >= 0 && length === count);
  }

  /** Waits until every partition has all its replicas in sync again. */
  async healed(): Promise<void> {
    await this.everyBrokerSays([], ({ leader, isr }) => leader >= 0 && isr.length === 3);
  }

  private async everyBrokerSays(
    topics: string[],
    isSo: (partition: PartitionMetadata, ofTopic: readonly PartitionMetadata[]) => boolean,
  ): Promise<void> {
    const end = Date.now() + HEALED_MS;
    for (const broker of this.kafka.brokers) {
      await this.withAdmin(async (admin) => {
        for (;;) {
          const known = (await admin.fetchTopicMetadata({ topics })).topics;
          if (known.every(({ partitions }) => partitions.every((one) => isSo(one, partitions)))) return;
          if (Date.now() > end) throw new Error('The brokers are not in sync.');
          await delay(100);
        }
      }, broker);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.kafkaProxies.close(), this.databaseProxy.stop()]);
    await Promise.all([this.kafka.stop(), this.database.stop()]);
    this.lock.release();
  }
}

/** A listener for clients, advertised as the proxy, beside the one on which brokers talk to each other. */
const propertiesOf = ({ port, controllerPort, sparePort }: BrokerPorts, proxyPort: number) => ({
  listeners: [
    `PLAINTEXT://127.0.0.1:${port}`,
    `CONTROLLER://127.0.0.1:${controllerPort}`,
    `CLIENTS://127.0.0.1:${sparePort}`,
  ].join(','),
  'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CLIENTS://127.0.0.1:${proxyPort}`,
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CLIENTS:PLAINTEXT',
  'connections.max.idle.ms': BROKER_IDLE_MS,
  // A broker that is gone is noticed sooner than by default, so that a round takes less time.
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
});
