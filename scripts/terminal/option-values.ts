import { InvalidArgumentError } from 'commander';

/** Parses an option that is a whole number from 1 to `most`. */
const numberUpTo =
  (most: number, allowed: string) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`allowed: ${allowed}.`);
    }
    return value;
  };

/** Parses an option that counts something. */
export const wholeNumber = numberUpTo(Number.MAX_SAFE_INTEGER, 'a whole number from 1 on');

/** Parses an option that is a whole number from 1 to `most`. */
export const wholeNumberTo = (most: number) => numberUpTo(most, `1 to ${most}`);

/** Parses an option that is a TCP port. */
export const portNumber = wholeNumberTo(65_535);
