import { TextDecoder } from 'node:util';

/**
 * Stands in for the package `iconv-lite`, which the MySQL driver asks for encodings: Node knows these encodings
 * itself, and needs no tables of half a megabyte.
 *
 * The session is utf8mb4, which the driver reads and writes without any of it. Left are names of variables that a server
 * with another character set of its own sends; they are ASCII in whichever.
 */
export function getDecoder(encoding: string): { write(bytes: Buffer): string; end(): undefined } {
  const decoder = decoderOf(encoding);
  return { write: (bytes) => decoder.decode(bytes), end: () => undefined };
}

/** @throws Error always: what is sent is utf8mb4. */
export function getEncoder(encoding: string): never {
  throw new Error(`Nothing is sent to the database in ${encoding}.`);
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder();
  }
}
