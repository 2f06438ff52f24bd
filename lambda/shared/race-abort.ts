/** Result of {@link raceAbort} when the signal came first. */
export const ABORTED = Symbol('aborted');

/** Waits for a promise or for the signal, whichever comes first. A promise that is left behind may reject unheard. */
export async function raceAbort<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | typeof ABORTED> {
  promise.catch(() => {});
  if (signal.aborted) return ABORTED;
  let onAbort = (): void => {};
  const aborted = new Promise<typeof ABORTED>((resolve) => {
    onAbort = () => resolve(ABORTED);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
