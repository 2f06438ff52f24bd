import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import type { EmitterEnvironment } from '../environment';

/** The client's numbers for the configured codecs. */
export const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<EmitterEnvironment['kafka']['compression'], CompressionTypes>;

/** The fastest level that is worth its name; a higher one makes rows like the sample's hardly smaller. */
const LEVEL = 1;

/** The least that Node takes. */
const MIN_CHUNK_BYTES = 64;

/** Gives the client zstd, which it has a number for and no code (kafkajs 2.2.4). */
export function addZstd(): void {
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    // Not in Node's thread pool: the memory that each thread allocates costs more than compressing, and a function has one CPU.
    compress: async ({ buffer }: { readonly buffer: Buffer }) =>
      zstdCompressSync(buffer, {
        params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
        // By default the result is made 16 KB at a time; most rows become less than a quarter.
        chunkSize: Math.max(MIN_CHUNK_BYTES, Math.ceil(buffer.length / 4)),
        pledgedSrcSize: buffer.length,
      }),
    decompress: async (buffer: Buffer) => await promisify(zstdDecompress)(buffer),
  });
}
