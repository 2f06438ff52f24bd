import { type Spread, spreadOf } from './spread';
import { SUBJECTS, type SubjectName } from './subject-names';

/** What the emitter and the brokers said to each other. */
export interface Talk {
  /** From the start of the process to the first commit. */
  readonly firstCommitMs: number;
  readonly requests: number;
  /** Round trips in a row. */
  readonly roundTrips: number;
  /** Requests that a broker has refused. */
  readonly refused: number;
  /** Lines of the log above its ordinary ones. */
  readonly warnings: number;
}

/** A subject, measured once with brokers at a distance. */
export interface LatencyRound {
  readonly subject: SubjectName;
  /** Rows of each of the three tables. */
  readonly rows: number;
  /** Delay of each direction, in milliseconds. */
  readonly latencyMs: number;
  /** Rows of the three tables. */
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Of the emitter. */
  readonly talk?: Talk;
}

/** Figures of one subject at one distance: the median of the rounds, and the spread. */
export interface LatencyFigures {
  readonly subject: SubjectName;
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
  /** Delay of each direction, in milliseconds. */
  readonly latencyMs: number;
  readonly rowsPerSecond: Spread;
  readonly cpuSecondsPerMillionRows: Spread;
  readonly peakBytes: Spread;
  readonly talk?: Readonly<Record<keyof Talk, Spread>>;
}

/** Groups the rounds by subject, in the order of {@link SUBJECTS}, and by distance. */
export function latencyFiguresOf(rounds: readonly LatencyRound[]): LatencyFigures[] {
  const latencies = [...new Set(rounds.map(({ latencyMs }) => latencyMs))].toSorted((a, b) => a - b);
  const names = Object.keys(SUBJECTS) as SubjectName[];
  return names.flatMap((subject) =>
    latencies.flatMap((latencyMs) => {
      const own = rounds.filter((one) => one.subject === subject && one.latencyMs === latencyMs);
      return own[0] === undefined ? [] : figuresOf(own[0], own);
    }),
  );
}

function figuresOf({ subject, rows, latencyMs }: LatencyRound, of: readonly LatencyRound[]): LatencyFigures {
  const spread = (figure: (one: LatencyRound) => number): Spread => spreadOf(of.map(figure));
  const talks = of.flatMap(({ talk }) => talk ?? []);
  const talk = (name: keyof Talk): Spread => spreadOf(talks.map((one) => one[name]));
  return {
    ...{ subject, rows, rounds: of.length, latencyMs },
    rowsPerSecond: spread(({ records, seconds }) => records / seconds),
    cpuSecondsPerMillionRows: spread(({ cpuSeconds, records }) => (cpuSeconds / records) * 1_000_000),
    peakBytes: spread(({ peakBytes }) => peakBytes),
    ...(talks.length > 0 && {
      talk: {
        firstCommitMs: talk('firstCommitMs'),
        requests: talk('requests'),
        roundTrips: talk('roundTrips'),
        refused: talk('refused'),
        warnings: talk('warnings'),
      },
    }),
  };
}
