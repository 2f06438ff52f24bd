/** Waits for all tasks, also when one fails, so that none is still at work afterwards. @throws the first task's error. */
export async function settledAll<T>(tasks: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(tasks);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
