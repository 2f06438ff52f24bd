import type { Kafka } from 'kafkajs';
import type { PerStream } from '../../lambda/shared/streams';
import type { LocalServers } from '../local/pipeline-servers';
import type { Progress } from '../terminal/progress';
import type { DeployedEmitter } from './deployed-emitter';
import type { Measurement, StartUp } from './measurement';

/** What a contender is measured on: servers, with tables of a number of rows. */
export interface Stage {
  readonly servers: LocalServers;
  /** Where Kafka's programs are. */
  readonly kafkaClassPath: string;
  readonly kafka: Kafka;
  /** Where the broker keeps its partitions. */
  readonly kafkaData: string;
  readonly emitter: DeployedEmitter;
  /** For files of the contenders. */
  readonly directory: string;
  /** Rows of each of the three tables. */
  readonly rows: number;
  /** Average bytes of a record of each topic, with its key. */
  readonly recordBytes: PerStream<number>;
  /** How long the loop in Python goes on. */
  readonly pythonSeconds: number;
  readonly progress: Progress;
}

/** What a contender gave in one round. */
export interface Round {
  readonly measurements: readonly Measurement[];
  readonly startUp?: StartUp;
}

/** Does its work once on the stage, whose topics end with this name's, and leaves nothing behind. */
export type Contender = (stage: Stage, name: string) => Promise<Round>;
