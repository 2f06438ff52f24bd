import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../../lambda/shared/errors';

/** Adds to the end of a file; settles when that is with the operating system. */
export type Append = (text: string | Buffer) => Promise<void>;

/**
 * Writes files that appear under their names together, when all are complete. Until then, and after an error or a signal
 * such as that of Ctrl-C, what was there before stays, and nothing else is left.
 *
 * @throws ConfigurationError naming the file that cannot be written.
 */
export async function writeTogether<T>(
  files: readonly string[],
  write: (appends: readonly Append[]) => Promise<T>,
): Promise<T> {
  const unfinished: string[] = [];
  const remove = (): void => {
    for (const file of unfinished) rmSync(file, { force: true });
  };
  const forgetSignals = beforeSignalsEnd(remove);
  const handles: FileHandle[] = [];
  const close = async (): Promise<void> => void (await Promise.all(handles.map((handle) => handle.close())));
  try {
    const appends: Append[] = [];
    for (const file of files) {
      const folder = path.dirname(file);
      await writing(file, async () => mkdirSync(folder, { recursive: true }));
      // Ends as the file does, so that git ignores it too.
      const temporary = path.join(folder, `.${process.pid}.${path.basename(file)}`);
      unfinished.push(temporary);
      const handle = await writing(file, () => open(temporary, 'w'));
      handles.push(handle);
      appends.push(async (text) => await writing(file, () => handle.appendFile(text)));
    }
    const result = await write(appends);
    await close();
    for (const [index, file] of files.entries()) {
      await writing(file, async () => renameSync(unfinished[index] as string, file));
    }
    return result;
  } finally {
    await close();
    remove();
    forgetSignals();
  }
}

async function writing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be written: ${(error as Error).message}.`, { cause: error });
  }
}

/** Does something before a signal ends this process as it would have; gives the way to take that back. */
function beforeSignalsEnd(work: () => void): () => void {
  const listeners = (['SIGHUP', 'SIGINT', 'SIGTERM'] as const).map((signal) => {
    const listener = (): void => {
      work();
      process.kill(process.pid, signal);
    };
    process.once(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const remove of listeners) remove();
  };
}
