import type { Kafka } from 'kafkajs';
import type { PerStream } from '../../lambda/shared/streams';
import type { LocalServers } from '../local/pipeline-servers';
import type { Progress } from '../terminal/progress';
import type { DeployedEmitter } from './deployed-emitter';
import type { Measurement, StartUp } from './measurement';

/** Servers and tables that a subject is measured on. */
export interface BenchContext {
  readonly servers: LocalServers;
  /** Class path of Kafka's programs. */
  readonly kafkaClassPath: string;
  readonly kafka: Kafka;
  /** Folder of the broker's partitions. */
  readonly kafkaData: string;
  readonly emitter: DeployedEmitter;
  /** For files of the subjects. */
  readonly directory: string;
  /** Rows of each of the three tables. */
  readonly rows: number;
  /** Average bytes of a record of each topic, with its key. */
  readonly recordBytes: PerStream<number>;
  /** Duration of the loop in Python, in seconds. */
  readonly pythonSeconds: number;
  readonly progress: Progress;
}

/** Result of one round of a subject. */
export interface Round {
  readonly measurements: readonly Measurement[];
  readonly startUp?: StartUp;
}

/** Measures a subject once. Its topics end with the name; it leaves nothing behind. */
export type Subject = (benchContext: BenchContext, name: string) => Promise<Round>;
