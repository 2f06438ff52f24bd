import type { RowRandom } from '../../lambda/sample-loader/row-random';
import type { FaultPipeline } from './fault-pipeline';

/** The random numbers of a round: the same for the same seed. */
export type RoundRandom = RowRandom;

/** Something that goes wrong, and that the pipeline must get over. */
export interface Fault {
  /** Lower case words with dashes; what `--fault` takes. */
  readonly name: string;
  /** Whether it breaks the servers, so that no other round can be played beside it. @default false */
  readonly breaksServers?: true;
  /** Rows in the largest table at first. @default 9000 */
  readonly rows?: number;
  /** Fills the tables that are there and empty. @default as many sample posts in each of the three */
  readonly fill?: (pipeline: FaultPipeline) => Promise<void>;
  /** Whether it takes so long that it happens only when it is asked for by its name. @default false */
  readonly isLong?: true;
  /**
   * Brings it about once, in a pipeline of its own, and leaves every row of the tables emitted as far as it can be. What
   * the topics then hold is judged by whoever called.
   *
   * @throws Error when the emitter did or said something else than it should have.
   */
  readonly happen: (pipeline: FaultPipeline, random: RoundRandom) => Promise<void>;
}
