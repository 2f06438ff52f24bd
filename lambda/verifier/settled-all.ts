/** Waits for all tasks, also when one fails, so that none is still at work afterwards. @throws the first task's error. */
export async function settledAll(tasks: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(tasks);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
