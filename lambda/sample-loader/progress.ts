/** Progress of long work. */
export interface Progress {
  /**
   * Begins a step.
   *
   * @param total what `advance` counts up to; without it the step only shows that it is going on.
   */
  step(text: string, total?: number): Step;
  /** Says one line between steps. */
  note(text: string): void;
}

/** One step of long work. */
export interface Step {
  /** Counts `by` more as done. */
  advance(by: number): void;
  /** Ends the step well. @param text @default the text that the step began with */
  done(text?: string): void;
  /** Ends the step badly. */
  failed(): void;
}

/** Says nothing. */
export const silentProgress: Progress = {
  step: () => ({ advance: () => {}, done: () => {}, failed: () => {} }),
  note: () => {},
};
