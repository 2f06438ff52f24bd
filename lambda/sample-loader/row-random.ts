/**
 * Random numbers of one row: the same for the same seed, salt and key, whatever rows were made before.
 *
 * It is the generator of SplitMix with 32 bits (its mixing function is MurmurHash3's finalizer, which is one to one).
 */
export interface RowRandom {
  /** 32 random bits, as a number from 0 to 2^32 - 1. The first of a row differs from that of every other row below 2^32. */
  bits(): number;
  /** A whole number from 0 to `below - 1`. */
  below(below: number): number;
  /** True with a probability from 0 to 1. */
  chance(probability: number): boolean;
  /** One of the values. */
  pick<T>(values: readonly T[]): T;
}

/** @param salt tells apart the tables, which share their keys. */
export function rowRandom(seed: number, salt: number, key: number): RowRandom {
  let state = mix(key ^ mix(seed ^ mix(salt)));
  const bits = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) >>> 0;
  };
  const below = (limit: number): number => Math.floor((bits() / 2 ** 32) * limit);
  return {
    bits,
    below,
    chance: (probability) => bits() < probability * 2 ** 32,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
  };
}

/** One to one over 32 bits: https://github.com/aappleby/smhasher/wiki/MurmurHash3 */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
