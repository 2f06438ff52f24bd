import { type Message, messageBytes } from '../shared/message';
import type { Row } from '../shared/rows';
import type { Stream } from '../shared/streams';
import type { ChunkBounds } from './chunks';
import { rowFingerprint, unkeyedDeadLetter } from './dead-letters';
import { rowEncoder, UnemittableRowError } from './messages';
import type { TableRows } from './ports';

/**
 * The fingerprint of a set of rows, whatever their order: how many there are and the sum of their own fingerprints.
 * Empty for no rows, so that the checkpoint of a table without such rows stays as it is.
 */
class Fingerprint {
  private count = 0;
  private sum = 0n;

  add(row: Row): void {
    this.count += 1;
    this.sum = BigInt.asUintN(64, this.sum + rowFingerprint(row).readBigUInt64BE());
  }

  toString(): string {
    return this.count === 0 ? '' : `${this.count}-${this.sum.toString(16)}`;
  }
}

/** The fingerprint of all these rows; see {@link Position.unkeyed}. */
export async function fingerprintOf({ batches }: TableRows): Promise<string> {
  const fingerprint = new Fingerprint();
  for await (const row of rowsOf(batches)) fingerprint.add(row);
  return fingerprint.toString();
}

/** The dead letters of rows without a usable key, in bounded pieces; returns the fingerprint of the rows. */
export async function* unkeyedDeadLetters(
  stream: Stream,
  { columns, batches }: TableRows,
  bounds: ChunkBounds,
): AsyncGenerator<readonly Message[], string, undefined> {
  const encode = rowEncoder(columns);
  const fingerprint = new Fingerprint();
  let letters: Message[] = [];
  let bytes = 0;
  for await (const row of rowsOf(batches)) {
    const letter = unkeyedDeadLetter(stream, row, jsonOf(encode, row));
    fingerprint.add(row);
    letters.push(letter);
    bytes += messageBytes(letter);
    if (letters.length >= bounds.rows || bytes >= bounds.bytes) {
      yield letters;
      letters = [];
      bytes = 0;
    }
  }
  if (letters.length > 0) yield letters;
  return fingerprint.toString();
}

async function* rowsOf(batches: TableRows['batches']): AsyncGenerator<Row, void, undefined> {
  for await (const batch of { [Symbol.asyncIterator]: () => batches }) yield* batch;
}

function jsonOf(encode: (row: Row) => Buffer, row: Row): Buffer | undefined {
  try {
    return encode(row);
  } catch (error) {
    if (error instanceof UnemittableRowError) return undefined;
    throw error;
  }
}
