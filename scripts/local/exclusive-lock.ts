import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { ExpectedError } from '../terminal/expected-error';

/** Another process holds the lock. */
export class LockedError extends ExpectedError {
  override readonly name = 'LockedError';
}

/** Lock that is held until `release` is called or this process ends, however it ends. */
export interface ExclusiveLock {
  release(): void;
}

const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/** Fields of the system's own error. */
const NO_SPACE = { code: 'ENOSPC', syscall: 'write' } as const;

/** Keeps the locks of this process from the garbage collector, which would close, and so unlock, what nobody refers to. */
const held = new Set<object>();

/**
 * Takes a lock on a file, which is created when missing and stays afterwards.
 *
 * It is SQLite's exclusive lock on an empty database: the kernel drops it together with its holder, so that, unlike a
 * file with a process id in it, it can be neither stale nor taken from a living holder.
 *
 * @throws LockedError when somebody holds it.
 */
export function takeLock(file: string): ExclusiveLock {
  mkdirSync(path.dirname(file), { recursive: true });
  // Not imported, because Node 20 does not have it and should get to say so in the words of toolchain.ts.
  const sqlite = process.getBuiltinModule('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new sqlite.DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const { errcode } = error as { errcode?: number };
    if (errcode === SQLITE_BUSY) {
      throw new LockedError(`Another process is using ${path.dirname(file)}.`, { cause: error });
    }
    // SQLite does not say which file it cannot open, nor why.
    closeSync(openSync(file, 'a'));
    throw errcode === SQLITE_FULL
      ? Object.assign(new Error('no space left'), NO_SPACE, { path: file, cause: error })
      : error;
  }
  const lock = database;
  held.add(lock);
  return {
    release: () => {
      if (held.delete(lock)) lock.close();
    },
  };
}

/** Waits for the lock of {@link takeLock} while another process holds it. */
export async function waitForLock(file: string): Promise<ExclusiveLock> {
  for (;;) {
    try {
      return takeLock(file);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      await delay(200);
    }
  }
}
