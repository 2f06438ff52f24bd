/** Lines that are redrawn in place, over the whole terminal. */
export interface LiveScreen {
  draw(): void;
  /** Gives the terminal back as it was, with the last lines below what it showed. Calling it again is harmless. */
  close(): void;
}

/** Milliseconds between two drawings. */
const REDRAW_MS = 1_000;

/** The size of a terminal unless it is known. */
const USUAL_COLUMNS = 80;
const USUAL_ROWS = 24;

// Control sequences of xterm, which other terminals have as well: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
const OTHER_BUFFER = '\u001b[?1049h';
const FIRST_BUFFER = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** A line that is too wide is cut by the terminal, which alone knows how wide its characters are. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const HOME = '\u001b[H';
const ERASE_LINE = '\u001b[2K';
const ERASE_BELOW = '\u001b[J';

/** Whether a stream is a terminal that can be drawn on. */
export const canDraw = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY === true && process.env['TERM'] !== 'dumb';

/**
 * Draws lines now, every second and whenever the terminal changes its size, until it is closed or the process ends.
 *
 * @param lines cut to the size of the terminal: the last ones and the ends of long ones are left out
 * @param stream a terminal. @default standard error
 */
export function openLiveScreen(
  lines: () => readonly string[],
  stream: NodeJS.WriteStream = process.stderr,
): LiveScreen {
  let isOpen = true;
  // A terminal that does not know its size says 0.
  const columns = (): number => stream.columns || USUAL_COLUMNS;
  const draw = (): void => {
    if (isOpen) stream.write(frame(lines(), columns(), stream.rows || USUAL_ROWS));
  };
  // A terminal that was closed cannot be written to; the signal about that ends the process.
  const ignore = (): void => {};
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(timer);
    stream.off('resize', draw);
    process.off('exit', close);
    process.off('uncaughtExceptionMonitor', close);
    const last = lines().map((line) => `${cut(line, columns())}\n`);
    stream.write(`${WRAP_ON}${SHOW_CURSOR}${FIRST_BUFFER}${last.join('')}`);
  };
  stream.on('error', ignore);
  stream.on('resize', draw);
  process.on('exit', close);
  // Before the error is printed, which would go away with the screen.
  process.on('uncaughtExceptionMonitor', close);
  stream.write(`${OTHER_BUFFER}${HIDE_CURSOR}${WRAP_OFF}`);
  draw();
  const timer = setInterval(draw, REDRAW_MS);
  return { draw, close };
}

/** The text that draws lines from the upper left corner on, over whatever is there. */
export function frame(lines: readonly string[], columns: number, rows: number): string {
  const shown = lines.slice(0, rows).map((line) => `${ERASE_LINE}${cut(line, columns)}`);
  const below = shown.length < rows ? `\r\n${ERASE_BELOW}` : '';
  return `${HOME}${shown.join('\r\n')}${below}`;
}

/** The beginning of a line, with an ellipsis where something is left out. */
export function cut(line: string, columns: number): string {
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}
