import { STREAMS } from '../../lambda/shared/streams';
import { machineText } from '../bench/machine';
import type { BenchReport } from '../bench/report';

/** What the emitter takes, as measured. */
export interface EmitterMeasurement {
  readonly machine: string;
  /** YYYY-MM-DD */
  readonly date: string;
  /** Rows that were emitted, of all tables. */
  readonly rows: number;
  readonly secondsPerMillionRows: number;
  readonly cpuSecondsPerMillionRows: number;
  /** What Kafka keeps of a row, in bytes, of one copy. */
  readonly storedBytesPerRow: number;
  /** A warm run that finds nothing, in tenths begun: on Lambda its connections are encrypted and its cores are others. */
  readonly idleRunSeconds: number;
}

/**
 * The emitter's figures at the largest size of the tables, cold, so that the start of its process is counted.
 *
 * @throws Error for a report without the emitter.
 */
export function emitterMeasurement(report: BenchReport): EmitterMeasurement {
  const figures = report.figures.findLast(({ contender }) => contender === 'emitter-cold');
  const startUp = report.startUp.at(-1);
  if (figures === undefined || startUp === undefined) throw new Error('The benchmark has no emitter in it.');
  const { rowsPerSecond, cpuSecondsPerMillionRows, storedBytesPerRow } = figures;
  if (storedBytesPerRow === undefined) throw new Error('The benchmark does not say what Kafka keeps.');
  return {
    machine: machineText(report.machine),
    date: report.date,
    rows: STREAMS.length * figures.rows,
    secondsPerMillionRows: 1_000_000 / rowsPerSecond.median,
    cpuSecondsPerMillionRows: cpuSecondsPerMillionRows.own.median,
    storedBytesPerRow: storedBytesPerRow.median,
    idleRunSeconds: Math.ceil(startUp.idleMs.median / 100) / 10,
  };
}
