import type { LatencyPlan } from './run-latency-bench';
import { CHOICES, type Choice, DISTANT_SUBJECTS, type DistantChoice } from './subject-names';

/** Plan for one size of the tables. */
export interface PlannedSize {
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
  /** Subjects in the order in which a round measures them. */
  readonly choices: readonly Choice[];
}

/** Plan of the benchmark. */
export interface Plan {
  readonly sizes: readonly PlannedSize[];
  /** Duration of the loop in Python, in seconds. */
  readonly pythonSeconds: number;
}

/** Options of `npm run bench` about what to measure. */
export interface PlanOptions {
  readonly rows?: readonly number[];
  readonly full?: true;
  readonly rounds: number;
  readonly only?: readonly Choice[];
  readonly pythonSeconds: number;
  /** Milliseconds each way. */
  readonly latency?: readonly number[];
}

/** Rows a table unless told otherwise: from a table that the start of a process matters for to one that it does not. */
export const SIZES = [10_000, 100_000, 1_000_000];

/** Rows that `--full` adds. */
export const LARGEST_SIZE = 10_000_000;

/** Rows from which there is one round only. */
const LONG_FROM = LARGEST_SIZE;

/** Choices that such a round leaves out: the loop in Python would take minutes to look up one row, and changing all rows longer. */
const NOT_LONG: readonly Choice[] = ['python', 'changes'];

/** Works out what to measure. */
export function planOf({ rows = SIZES, full, rounds, only = CHOICES, pythonSeconds }: PlanOptions): Plan {
  const sizes = full ? [...new Set([...rows, LARGEST_SIZE])] : rows;
  return {
    pythonSeconds,
    sizes: sizes
      .toSorted((one, other) => one - other)
      .map((size) => {
        const isLong = size >= LONG_FROM;
        return {
          rows: size,
          rounds: isLong ? 1 : rounds,
          choices: CHOICES.filter(
            (choice) => only.includes(choice) && !(isLong && NOT_LONG.includes(choice)),
          ),
        };
      }),
  };
}

/** Works out what to measure at a distance: the largest size that is not a long one; `undefined` if nothing. */
export function latencyPlanOf({
  rows = SIZES,
  rounds,
  only = CHOICES,
  latency,
}: PlanOptions): LatencyPlan | undefined {
  const choices = (Object.keys(DISTANT_SUBJECTS) as DistantChoice[]).filter((choice) =>
    only.includes(choice),
  );
  if (latency === undefined || choices.length === 0) return undefined;
  const largest = Math.max(...rows.filter((size) => size < LONG_FROM));
  return {
    latencies: latency,
    rows: Number.isFinite(largest) ? largest : (SIZES.at(-1) ?? 0),
    rounds,
    choices,
  };
}
