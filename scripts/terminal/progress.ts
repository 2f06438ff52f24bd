import { SingleBar } from 'cli-progress';
import { grouped } from './grouped';

/** Reports on long work. */
export interface Progress {
  /**
   * Begins a step.
   *
   * @param total count at which the step is complete; without it the step only shows that it is running.
   */
  step(text: string, total?: number): Step;
  /** Prints one line between steps. */
  note(text: string): void;
}

/** One step of long work. */
export interface Step {
  /** Adds to the count of what is done. */
  advance(by: number): void;
  /** Ends the step with success. @param text @default the text that the step began with */
  done(text?: string): void;
  /** Ends the step with failure. */
  failed(): void;
}

/** Reports nothing. */
export const silentProgress: Progress = {
  step: () => ({ advance: () => {}, done: () => {}, failed: () => {} }),
  note: () => {},
};

/**
 * Progress for people: a bar on a terminal; in a pipe or a file plain lines, one when a step ends and one every
 * `lineEveryMs` while a counted step goes on.
 *
 * @param stream @default standard error, so that standard output holds results only
 * @param lineEveryMs milliseconds. @default 5000
 */
export function terminalProgress(stream: NodeJS.WriteStream = process.stderr, lineEveryMs = 5_000): Progress {
  const line = (text: string): void => void stream.write(`${text}\n`);
  return {
    note: line,
    step: (text, total) => {
      const startedAt = performance.now();
      const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      const shown = stream.isTTY ? bar(stream, text, total) : lines(line, text, total, lineEveryMs);
      return {
        advance: shown.advance,
        done: (end = text) => {
          shown.stop();
          line(`✓ ${end} (${seconds()})`);
        },
        failed: () => {
          shown.stop();
          line(`✗ ${text} (${seconds()})`);
        },
      };
    },
  };
}

interface Shown {
  advance(by: number): void;
  stop(): void;
}

function bar(stream: NodeJS.WriteStream, text: string, total: number | undefined): Shown {
  const single = new SingleBar({
    stream,
    format:
      total === undefined
        ? '  {text} {duration_formatted}'
        : '  {text} {bar} {percentage}% {value}/{total} {duration_formatted}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    formatValue: (value, _options, type) =>
      type === 'value' || type === 'total' ? grouped(value) : String(value),
    clearOnComplete: true,
    // The library's own handler for Ctrl-C would end nothing and keep the process from ending.
    gracefulExit: false,
    fps: 5,
  });
  single.start(total ?? 1, 0, { text });
  return { advance: (by) => single.increment(by), stop: () => single.stop() };
}

function lines(
  line: (text: string) => void,
  text: string,
  total: number | undefined,
  everyMs: number,
): Shown {
  let done = 0;
  let lastAt = performance.now();
  return {
    advance: (by) => {
      done += by;
      if (total === undefined || performance.now() - lastAt < everyMs) return;
      lastAt = performance.now();
      line(`  ${text}: ${grouped(done)} of ${grouped(total)}`);
    },
    stop: () => {},
  };
}
