import { statfsSync } from 'node:fs';
import { ExpectedError } from '../terminal/expected-error';

/** Free space below which servers and downloads fail in odd ways, in bytes. */
const LEAST_SPACE = 300 * 1024 ** 2;

/** Failure of a program, with its own words. */
export class ProgramError extends ExpectedError {
  override readonly name = 'ProgramError';

  /**
   * @param message has the program's own words
   * @param directory that the program writes to
   */
  constructor(message: string, directory: string, options?: ErrorOptions) {
    super(`${message}${spaceHint(directory)}`, options);
  }
}

function spaceHint(directory: string): string {
  try {
    const { bavail, bsize } = statfsSync(directory);
    const megabytes = Math.floor((bavail * bsize) / 1024 ** 2);
    return bavail * bsize < LEAST_SPACE
      ? `\nThe disk of ${directory} has ${megabytes} MB left: "npm start" needs about 1 GB.`
      : '';
  } catch {
    return '';
  }
}
