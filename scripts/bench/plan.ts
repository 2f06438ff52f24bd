import { CHOICES, type Choice } from './subject-names';

/** What is measured at one size of the tables. */
export interface PlannedSize {
  /** Rows of each of the three tables. */
  readonly rows: number;
  readonly rounds: number;
  /** In the order in which they are measured in each round. */
  readonly choices: readonly Choice[];
}

/** What is measured. */
export interface Plan {
  readonly sizes: readonly PlannedSize[];
  /** How long the loop in Python goes on. */
  readonly pythonSeconds: number;
}

/** What `npm run bench` may be told about the measuring. */
export interface PlanOptions {
  readonly rows?: readonly number[];
  readonly full?: true;
  readonly rounds: number;
  readonly only?: readonly Choice[];
  readonly pythonSeconds: number;
}

/** Rows a table unless told otherwise: from a table that the start of a process matters for to one that it does not. */
export const SIZES = [10_000, 100_000, 1_000_000];

/** What `--full` adds. */
export const LARGEST_SIZE = 10_000_000;

/** Of which there is one round only, and no loop in Python: a look at a row far down would take it minutes. */
const LONG_FROM = LARGEST_SIZE;

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
          choices: CHOICES.filter((choice) => only.includes(choice) && !(isLong && choice === 'python')),
        };
      }),
  };
}
