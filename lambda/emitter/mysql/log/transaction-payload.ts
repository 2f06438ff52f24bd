import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';
import { HEADER_BYTES, type LogEvent, lengthEncoded } from './events';
import { lost } from './lost';

/** The largest transaction that is unpacked in one piece. */
const ONE_PIECE_BYTES = 1_000_000;

/** Bytes of a packed transaction that are unpacked at a time. */
const SLICE_BYTES = 16_384;

/** Fields before a packed transaction. https://dev.mysql.com/doc/refman/9.7/en/binary-log-transaction-compression.html */
const Field = { end: 0, size: 1, compression: 2, unpackedSize: 3 } as const;

const ZSTD = 0;
const NOT_COMPRESSED = 255;

/**
 * Unpacks the events of a compressed transaction of MySQL, which have no checksums.
 *
 * @returns a promise when they are too many to be in memory at once.
 */
export function unpackPayload(event: LogEvent, onEvent: (event: Buffer) => void): Promise<void> | undefined {
  const fields = new Map<number, number>();
  let at = HEADER_BYTES;
  for (;;) {
    const [field, lengthAt] = lengthEncoded(event.bytes, at);
    if (field === Field.end) {
      at = lengthAt;
      break;
    }
    const [length, valueAt] = lengthEncoded(event.bytes, lengthAt);
    fields.set(field, lengthEncoded(event.bytes, valueAt)[0]);
    at = valueAt + length;
  }
  const packed = event.bytes.subarray(at, at + (fields.get(Field.size) ?? 0));
  const split = new EventSplitter(onEvent);
  const compression = fields.get(Field.compression) ?? ZSTD;
  if (compression === NOT_COMPRESSED) {
    split.push(packed);
    return split.end();
  }
  if (compression !== ZSTD) throw lost(`a transaction of the log is compressed in a way that is not known`);
  const unpackedSize = fields.get(Field.unpackedSize) ?? Number.POSITIVE_INFINITY;
  if (unpackedSize > ONE_PIECE_BYTES) return unpackInPieces(packed, split);
  split.push(zstdDecompressSync(packed, { maxOutputLength: Math.max(unpackedSize, 1) }));
  return split.end();
}

async function unpackInPieces(packed: Buffer, split: EventSplitter): Promise<void> {
  const unpacking = createZstdDecompress();
  const feed = async (): Promise<void> => {
    for (let at = 0; at < packed.length; at += SLICE_BYTES) {
      if (unpacking.destroyed) return;
      if (!unpacking.write(packed.subarray(at, at + SLICE_BYTES)))
        await new Promise<void>((resolve) => {
          unpacking.once('drain', resolve);
          unpacking.once('close', resolve);
        });
    }
    unpacking.end();
  };
  void feed();
  for await (const piece of unpacking) split.push(piece as Buffer);
  split.end();
}

/** Cuts a run of bytes into the events that it consists of. */
class EventSplitter {
  private pieces: Buffer[] = [];
  private length = 0;

  constructor(private readonly onEvent: (event: Buffer) => void) {}

  push(piece: Buffer): void {
    this.pieces.push(piece);
    this.length += piece.length;
    if (this.length < this.wanted()) return;
    let rest = Buffer.concat(this.pieces);
    while (rest.length >= HEADER_BYTES && rest.length >= sizeOf(rest)) {
      this.onEvent(rest.subarray(0, sizeOf(rest)));
      rest = rest.subarray(sizeOf(rest));
    }
    this.pieces = rest.length === 0 ? [] : [rest];
    this.length = rest.length;
  }

  /** @throws LogLostError when the last event is cut short. */
  end(): undefined {
    if (this.length > 0) throw lost('a compressed transaction of the log is cut short');
  }

  /** Bytes of the next event, as far as its length is known. */
  private wanted(): number {
    const [first] = this.pieces;
    return first !== undefined && first.length >= HEADER_BYTES ? sizeOf(first) : HEADER_BYTES;
  }
}

function sizeOf(event: Buffer): number {
  const size = event.readUInt32LE(9);
  if (size < HEADER_BYTES) throw lost('a compressed transaction of the log cannot be read');
  return size;
}
