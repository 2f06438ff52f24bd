/** The largest key that can be emitted: the next one must still fit a Kafka offset, a signed 64-bit integer. */
export const LARGEST_KEY = 9_223_372_036_854_775_806n;
