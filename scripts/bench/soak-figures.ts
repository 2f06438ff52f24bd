import { spreadOf } from './spread';

/** A run of the emitter under a steady load. */
export interface SoakRun {
  /** Seconds since the load began. */
  readonly at: number;
  /** Memory of the emitter's process after the run. */
  readonly residentBytes: number;
}

/** Everything that was seen under a steady load. */
export interface SoakResult {
  readonly minutes: number;
  /** Delay of each direction to the brokers, in milliseconds. */
  readonly latencyMs: number;
  /** Rows in each table before. */
  readonly rows: number;
  /** Posts that were inserted, changed and deleted. */
  readonly inserted: number;
  readonly changed: number;
  readonly deleted: number;
  /** From the database's commit to a reader in read_committed, in milliseconds, one for each of these posts. */
  readonly lagsMs: readonly number[];
  readonly runs: readonly SoakRun[];
}

/** Figures of a steady load. */
export interface SoakFigures extends Omit<SoakResult, 'lagsMs' | 'runs'> {
  /** Number of runs of the emitter. */
  readonly runs: number;
  /** Of the time from a commit to a reader, in milliseconds. */
  readonly lagMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly most: number };
  /** Median memory of the emitter in each quarter of the time. */
  readonly residentBytes: readonly number[];
}

/** @throws Error when nothing was seen. */
export function soakFiguresOf({ lagsMs, runs, ...load }: SoakResult): SoakFigures {
  const sorted = lagsMs.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const quarter = (load.minutes * 60) / 4;
  return {
    ...load,
    runs: runs.length,
    lagMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) },
    residentBytes: [0, 1, 2, 3].map(
      (index) =>
        spreadOf(
          runs
            .filter((run) => Math.min(3, Math.floor(run.at / quarter)) === index)
            .map(({ residentBytes }) => residentBytes),
        ).median,
    ),
  };
}
