import type { Progress } from '../terminal/progress';

/** Does some work as one step of a progress. */
export async function inStep<T>(progress: Progress, title: string, work: () => Promise<T>): Promise<T> {
  const step = progress.step(title);
  try {
    const result = await work();
    step.done();
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}
