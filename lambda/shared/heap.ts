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
