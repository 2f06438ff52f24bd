import type { Round } from '../../../scripts/bench/bench-context';
import type { Measurement, StartUp } from '../../../scripts/bench/measurement';
import { type BenchReport, figuresOf } from '../../../scripts/bench/report';
import type { SubjectName } from '../../../scripts/bench/subject-names';

const MEGABYTE = 1_000_000;

/** A round of one subject that has written all rows in this many seconds, as far as a test does not say otherwise. */
export const roundOf = (
  subject: SubjectName,
  rows: number,
  seconds: number,
  changes: Partial<Measurement> = {},
): Round => ({
  measurements: [
    {
      subject,
      rows,
      records: 3 * rows,
      seconds,
      usage: {
        own: { cpuSeconds: seconds / 2, peakBytes: 200 * MEGABYTE },
        kafka: { cpuSeconds: seconds / 4, peakBytes: 400 * MEGABYTE },
        database: { cpuSeconds: seconds / 8, peakBytes: 300 * MEGABYTE },
      },
      ...(subject === 'emitter-cold' && { storedBytes: 300 * 3 * rows }),
      ...changes,
    },
  ],
});

/** What the start of an emitter took, in a round. */
export const startOf = (rows: number, milliseconds: number): Round => {
  const startUp: StartUp = {
    rows,
    loadMs: milliseconds,
    firstRunMs: 2 * milliseconds,
    firstCommitMs: 3 * milliseconds,
    idleMs: milliseconds / 10,
  };
  return { measurements: [], startUp };
};

/** Three rounds of every subject at two sizes, and at a third one without the loop. */
export const ROUNDS: readonly Round[] = [10_000, 100_000, 1_000_000].flatMap((rows) =>
  [1, 2, 3].flatMap((round) => [
    startOf(rows, 100 * round),
    roundOf('emitter-cold', rows, (round * rows) / 20_000),
    roundOf('emitter-warm', rows, (round * rows) / 25_000),
    roundOf('emitter-plain', rows, (round * rows) / 20_000),
    roundOf('debezium', rows, (round * rows) / 10_000, { steadySeconds: (round * rows) / 12_000 }),
    roundOf('kcat', rows, (round * rows) / 15_000),
    roundOf('emitter-changes', rows, (round * rows) / 20_000, { records: rows, allRecords: rows }),
    roundOf('debezium-changes', rows, (round * rows) / 10_000, { records: rows, allRecords: rows }),
    ...(rows < 1_000_000 ? [roundOf('python', rows, 60, { records: 12_000 * round })] : []),
    roundOf('select', rows, (round * rows) / 100_000),
    roundOf('producer', rows, (round * rows) / 50_000),
  ]),
);

/** A report of rounds. */
export const reportOf = (
  rounds: readonly Round[] = ROUNDS,
  changes: Partial<BenchReport> = {},
): BenchReport => ({
  date: '2026-01-02',
  machine: { cpu: 'Abacus', cores: 2, memoryGiB: 24, os: 'Linux', node: '24.1.0', java: '17.0.1' },
  busyPercent: 3,
  memoryMB: 1024,
  recordBytes: { pin: 700, geo: 110, user: 90 },
  ...figuresOf(rounds),
  ...changes,
});
