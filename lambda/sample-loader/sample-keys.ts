import { rowRandom } from './row-random';

/** Number of keys of which one is missing, at a place that the seed chooses. */
const BLOCK = 50;

/** The key of a post, given its place in the order of posts, from 0. Keys rise with the place and have gaps. */
export function keyOfPost(seed: number, place: number): number {
  const block = Math.floor(place / (BLOCK - 1));
  const within = place % (BLOCK - 1);
  const gap = rowRandom(seed, 0, block).below(BLOCK);
  return block * BLOCK + within + (within < gap ? 0 : 1);
}

/** The place of the first post whose key is above `key`. */
export function placeAfterKey(seed: number, key: number): number {
  let place = Math.floor((key + 1) / BLOCK) * (BLOCK - 1);
  while (keyOfPost(seed, place) <= key) place++;
  return place;
}
