import path from 'node:path';
import { ExpectedError } from '../terminal/expected-error';
import type { Progress } from '../terminal/progress';
import { serverFiles } from './downloads';
import { takeLock } from './exclusive-lock';
import { type KafkaOptions, type LocalKafka, startKafka } from './kafka';
import { type LocalMariaDb, type ServerSettings, startMariaDb } from './mariadb';
import { checkToolchain } from './toolchain';

/** The longest path of the servers' directory, in bytes: with the names below it MariaDB and SQLite take 511. */
const LONGEST_DIRECTORY = 415;

/** Options of the servers. */
export interface LocalServersOptions {
  /** One broker or three. @default 1 */
  readonly brokers?: 1 | 3;
  /** Absolute path of the directory of these servers: configuration, data and logs; created when missing. */
  readonly directory: string;
  /** True to discard the data of an earlier start. @default false */
  readonly fresh?: boolean;
  /** More broker properties. @default none */
  readonly kafkaProperties?: KafkaOptions['properties'];
  /** More settings of MariaDB. @default none */
  readonly databaseSettings?: ServerSettings;
  readonly progress: Progress;
}

/** Kafka and MariaDB, running. */
export interface LocalServers {
  readonly kafka: LocalKafka;
  readonly database: LocalMariaDb;
  /** Stops both. Calling it again is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts Kafka and MariaDB concurrently; downloads them first if they are missing.
 *
 * @throws ExpectedError when the path of the directory is too long for MariaDB.
 * @throws ToolchainError when Java or Node is missing or too old.
 * @throws LockedError when another process runs its servers in the same directory.
 * @throws Error with the end of a server's log when it does not come up; the other one is stopped then.
 */
export async function startLocalServers(options: LocalServersOptions): Promise<LocalServers> {
  const { directory, fresh, brokers, kafkaProperties, databaseSettings, progress } = options;
  const length = Buffer.byteLength(directory);
  if (length > LONGEST_DIRECTORY) {
    throw new ExpectedError(
      `The path ${directory} has ${length} bytes, and MariaDB takes up to ${LONGEST_DIRECTORY}. Run this in a folder with a shorter one.`,
    );
  }
  await checkToolchain();
  const lock = takeLock(path.join(directory, 'lock'));
  try {
    const files = await serverFiles(progress);
    const step = progress.step(`Starting Kafka${brokers === 3 ? ' (three brokers)' : ''} and MariaDB`);
    const [kafka, database] = await Promise.allSettled([
      startKafka({
        classPath: files.kafkaClassPath,
        directory: path.join(directory, 'kafka'),
        brokers,
        fresh,
        properties: kafkaProperties,
      }),
      startMariaDb({
        base: files.mariaDbBase,
        directory: path.join(directory, 'mariadb'),
        fresh,
        settings: databaseSettings,
      }),
    ]);
    if (kafka.status === 'rejected' || database.status === 'rejected') {
      step.failed();
      await Promise.all([kafka, database].map((one) => one.status === 'fulfilled' && one.value.stop()));
      throw kafka.status === 'rejected' ? kafka.reason : (database as PromiseRejectedResult).reason;
    }
    step.done('Kafka and MariaDB are ready');
    return {
      kafka: kafka.value,
      database: database.value,
      stop: async () => {
        await Promise.all([kafka.value.stop(), database.value.stop()]);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
