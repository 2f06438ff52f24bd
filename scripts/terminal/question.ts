import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Asks the person at the terminal. The answer is without spaces around it, and empty when none was given. */
export type Ask = (question: string) => Promise<string | undefined>;

/** Asks on the terminal of this process; gives `undefined` when it has none. */
export const askOnTerminal: Ask = async (question) => {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D close it, and leave the question without an answer.
    const closed = once(terminal, 'close').then(() => '');
    return (await Promise.race([terminal.question(question).catch(() => ''), closed])).trim();
  } finally {
    terminal.close();
  }
};
