import { setFlagsFromString } from 'node:v8';

/**
 * Maximum size of each half of V8's young generation in the emitter's process, in megabytes.
 *
 * A chunk of rows outlives several cleanings of it, so that a large one is filled with what will be moved on anyway. By
 * default V8 takes 16 MB or more, and Lambda's runtime 5 % of the function's memory. Of 1, 2, 4, 8, 16 and 32 MB this
 * had the lowest peak of memory for 600,000 rows (292 MB; 341 MB with 1, 367 MB with 32), and CPU within 2 % of the least.
 */
export const MAX_SEMI_SPACE_MB = 8;

/**
 * The options of Node that bound the heap.
 *
 * Both sizes always: the runtime of Lambda leaves the other one to V8 where NODE_OPTIONS has one of them.
 */
export const heapOptions = (oldSpaceMB: number): string[] => [
  `--max-old-space-size=${oldSpaceMB}`,
  `--max-semi-space-size=${MAX_SEMI_SPACE_MB}`,
];

/**
 * Growth of the heap, in percent, before V8 cleans all of it again.
 *
 * Rows are outside of V8's heap, which stays at some 24 MB: by default V8 cleans all of it whenever they have grown by 16 MB.
 * Of none, 50, 100 and 150 this had the least CPU with a peak of memory below 200 MB (1,200,000 rows: 4.5 µs a row and 163 MB
 * with none, 3.9 and 170 with 50, 3.5 and 181 with 100, 3.3 and 195 with 150).
 */
const HEAP_GROWTH_PERCENT = 100;

/** Lets the heap of this process grow before V8 cleans all of it. NODE_OPTIONS does not take this option. */
export const letHeapGrow = (): void => setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
