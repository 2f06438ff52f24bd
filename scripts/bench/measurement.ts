import type { Usage } from './process-usage';
import type { SubjectName } from './subject-names';

/** The processes that take part: the subject's own, and the two servers. */
export const PARTIES = ['own', 'kafka', 'database'] as const;

/** One value for each process that takes part. */
export type PerParty<T> = Readonly<Record<(typeof PARTIES)[number], T>>;

/** One subject, measured once. */
export interface Measurement {
  readonly subject: SubjectName;
  /** Rows of each of the three tables. */
  readonly rows: number;
  /** Records that were written, or rows read, in the seconds: those of the three tables, unless it stopped before the end. */
  readonly records: number;
  /** Records that there are to write. @default those of the rows of the three tables */
  readonly allRecords?: number;
  readonly seconds: number;
  /** From the first record to the last, where that leaves out a warm-up. */
  readonly steadySeconds?: number;
  readonly usage: PerParty<Usage>;
  /** Bytes of the records on Kafka's disk, if the subject determines them. */
  readonly storedBytes?: number;
}

/** Times of the emitter's start and of an idle run, in milliseconds. */
export interface StartUp {
  /** Rows of each of the three tables. */
  readonly rows: number;
  /** Loading the bundle. */
  readonly loadMs: number;
  /** The first run of a process, with all rows emitted before: connecting, the checkpoint, and finding nothing. */
  readonly firstRunMs: number;
  /** From the start of the process to the first commit. */
  readonly firstCommitMs: number;
  /** A run that finds nothing, warm: the median of several. */
  readonly idleMs: number;
}
