import { readFileSync } from 'node:fs';
import type { RunningChild } from '../local/child-processes';

/** Waits for a program to end and returns its output. @throws Error with the output if it fails. */
export async function outputOf({ ended, logFile }: RunningChild): Promise<string> {
  const end = await ended;
  const output = readFileSync(logFile, 'utf8');
  if (end !== 'status 0') throw new Error(`${logFile} ended with ${end}:\n${output}`);
  return output;
}
