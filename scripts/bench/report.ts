import { type PerStream, STREAMS } from '../../lambda/shared/streams';
import type { Round } from './bench-context';
import type { LatencyFigures } from './latency-figures';
import type { Machine } from './machine';
import { type Measurement, PARTIES, type PerParty, type StartUp } from './measurement';
import type { SoakFigures } from './soak-figures';
import { type Spread, spreadOf } from './spread';
import { SUBJECTS, type SubjectName } from './subject-names';

/** Figures of one subject at one size of the tables: the median of the rounds, and the spread. */
export interface Figures {
  readonly subject: SubjectName;
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
  /** True if it stopped before the last row, and the seconds are calculated from its rate. */
  readonly isExtrapolated: boolean;
  /** For all rows of the three tables. */
  readonly seconds: Spread;
  readonly rowsPerSecond: Spread;
  /** From the first record to the last. */
  readonly steadyRowsPerSecond?: Spread;
  readonly cpuSecondsPerMillionRows: PerParty<Spread>;
  readonly peakBytes: PerParty<Spread>;
  /** On Kafka's disk. */
  readonly storedBytesPerRow?: Spread;
}

/** The figures of {@link StartUp}; milliseconds. */
export type StartUpFigures = { readonly rows: number } & Readonly<
  Record<keyof Omit<StartUp, 'rows'>, Spread>
>;

/** Report of `npm run bench`. */
export interface BenchReport {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly machine: Machine;
  /** CPU load of the machine before anything was started, in percent. */
  readonly busyPercent: number;
  /** Memory of the function that is deployed. */
  readonly memoryMB: number;
  /** Average bytes of a record of each topic, with its key, at the largest size of the tables. */
  readonly recordBytes: PerStream<number>;
  readonly figures: readonly Figures[];
  readonly startUp: readonly StartUpFigures[];
  /** With brokers at a distance, if that was measured. */
  readonly distant?: readonly LatencyFigures[];
  /** Under a steady load, if that was measured. */
  readonly soak?: SoakFigures;
}

/** CPU load above which a machine is too busy to measure on, in percent. */
export const MOST_BUSY_PERCENT = 15;

/** Fewest rounds for a meaningful median. */
export const LEAST_ROUNDS = 3;

/** Explains why the figures are only a trial; `undefined` if they may be quoted. */
export function whyOnlyTrial({
  busyPercent,
  figures,
}: Pick<BenchReport, 'busyPercent' | 'figures'>): string | undefined {
  if (busyPercent > MOST_BUSY_PERCENT) return `the machine was ${busyPercent} % busy with other things`;
  const rounds = Math.max(...figures.map((figure) => figure.rounds));
  if (rounds < LEAST_ROUNDS) return `it is of ${rounds} round${rounds === 1 ? '' : 's'} only`;
  return undefined;
}

/** Groups the rounds by size and subject, in the order of sizes and of {@link SUBJECTS}. */
export function figuresOf(rounds: readonly Round[]): Pick<BenchReport, 'figures' | 'startUp'> {
  const measurements = rounds.flatMap((round) => round.measurements);
  const starts = rounds.flatMap(({ startUp }) => startUp ?? []);
  const sizes = [...new Set(measurements.map(({ rows }) => rows))].toSorted((one, other) => one - other);
  const names = Object.keys(SUBJECTS) as SubjectName[];
  return {
    figures: sizes.flatMap((rows) =>
      names.flatMap((subject) => {
        const own = measurements.filter((one) => one.rows === rows && one.subject === subject);
        return own.length === 0 ? [] : subjectFigures(subject, rows, own);
      }),
    ),
    startUp: sizes.flatMap((rows) => {
      const own = starts.filter((one) => one.rows === rows);
      return own.length === 0 ? [] : startUpFigures(rows, own);
    }),
  };
}

function subjectFigures(subject: SubjectName, rows: number, of: readonly Measurement[]): Figures {
  const spread = (figure: (one: Measurement) => number): Spread => spreadOf(of.map(figure));
  const steady = of.flatMap(({ records, steadySeconds }) =>
    // Of a few records the first look may find all.
    steadySeconds === undefined || steadySeconds === 0 ? [] : records / steadySeconds,
  );
  const stored = of.flatMap(({ storedBytes, records }) =>
    storedBytes === undefined ? [] : storedBytes / records,
  );
  return {
    subject,
    rows,
    rounds: of.length,
    isExtrapolated: of.some((one) => one.records < allRecordsOf(one)),
    seconds: spread((one) => (one.seconds * allRecordsOf(one)) / one.records),
    rowsPerSecond: spread(({ seconds, records }) => records / seconds),
    ...(steady.length > 0 && { steadyRowsPerSecond: spreadOf(steady) }),
    cpuSecondsPerMillionRows: perParty((party) =>
      spread(({ usage, records }) => (usage[party].cpuSeconds / records) * 1_000_000),
    ),
    peakBytes: perParty((party) => spread(({ usage }) => usage[party].peakBytes)),
    ...(stored.length > 0 && { storedBytesPerRow: spreadOf(stored) }),
  };
}

const allRecordsOf = ({ rows, allRecords = STREAMS.length * rows }: Measurement): number => allRecords;

function startUpFigures(rows: number, of: readonly StartUp[]): StartUpFigures {
  const spread = (figure: (one: StartUp) => number): Spread => spreadOf(of.map(figure));
  return {
    rows,
    loadMs: spread(({ loadMs }) => loadMs),
    firstRunMs: spread(({ firstRunMs }) => firstRunMs),
    firstCommitMs: spread(({ firstCommitMs }) => firstCommitMs),
    idleMs: spread(({ idleMs }) => idleMs),
  };
}

const perParty = <T>(build: (party: (typeof PARTIES)[number]) => T): PerParty<T> =>
  Object.fromEntries(PARTIES.map((party) => [party, build(party)])) as PerParty<T>;
