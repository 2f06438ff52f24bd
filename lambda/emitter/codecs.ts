import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import type { EmitterEnvironment } from './environment';

/** The client's numbers for the configured codecs. Whoever imports this file can also read what they have written. */
export const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const satisfies Record<EmitterEnvironment['kafka']['compression'], CompressionTypes>;

/** The fastest level that is worth its name; a higher one makes rows like the sample's hardly smaller. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { readonly buffer: Buffer }) => await promisify(zstdCompress)(buffer, ZSTD),
  decompress: async (buffer: Buffer) => await promisify(zstdDecompress)(buffer),
});
