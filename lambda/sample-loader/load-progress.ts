/** Receives the progress of loading the sample tables. */
export interface LoadProgress {
  /** Begins a step. @param total rows to load, of all tables together */
  step(text: string, total: number): LoadStep;
}

/** One step of loading. */
export interface LoadStep {
  /** Adds rows that were handed to the database. */
  advance(rows: number): void;
  /** Ends the step with success. */
  done(text: string): void;
  /** Ends the step with failure. */
  failed(): void;
}

/** Reports nothing. */
export const silentLoad: LoadProgress = {
  step: () => ({ advance: () => {}, done: () => {}, failed: () => {} }),
};
