import { murmur2 } from '../murmur2';

/**
 * The partition that Kafka's default partitioner gives to a key, as every client of Kafka finds it.
 *
 * @param key ASCII text
 */
export function partitionOfKey(key: string, partitions: number): number {
  const bytes = Buffer.from(key, 'latin1');
  return partitionOfHash(murmur2(bytes, 0, bytes.length), partitions);
}

/** The same of a key's hash: without the sign, modulo the number of partitions. */
export const partitionOfHash = (hash: number, partitions: number): number => (hash & 0x7fffffff) % partitions;
