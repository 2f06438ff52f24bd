import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LockedError, takeLock, waitForLock } from '../../../scripts/local/exclusive-lock';

const directory = mkdtempSync(path.join(tmpdir(), 'lock-'));
const file = path.join(directory, 'lock');
afterAll(() => rmSync(directory, { recursive: true }));

describe('an exclusive lock', () => {
  test('is refused while it is held, and can be had again afterwards', () => {
    const lock = takeLock(file);
    expect(() => takeLock(file)).toThrow(LockedError);
    lock.release();
    takeLock(file).release();
  });

  test('whose file cannot be opened says which, and why', () => {
    const folder = path.join(directory, 'folder');
    mkdirSync(folder);
    expect(() => takeLock(folder)).toThrow(expect.objectContaining({ code: 'EISDIR', path: folder }));
  });

  test('releasing it twice is harmless', () => {
    const lock = takeLock(file);
    lock.release();
    expect(() => lock.release()).not.toThrow();
  });

  test('waiting for it ends when it is released', async () => {
    const lock = takeLock(file);
    const waiting = waitForLock(file);
    lock.release();
    (await waiting).release();
  });

  test('is held for as long as its holder lives, also when the holder has forgotten it', async () => {
    const holder = spawn(process.execPath, [
      '--expose-gc',
      '--import=tsx',
      '--eval',
      `require(${JSON.stringify(path.resolve('scripts/local/exclusive-lock.ts'))}).takeLock(${JSON.stringify(file)});
       setTimeout(() => { gc(); setTimeout(() => console.log('collected'), 100); }, 100); setInterval(() => {}, 1000);`,
    ]);
    await once(holder.stdout, 'data');
    const take = (): void => takeLock(file).release();
    try {
      expect(take).toThrow(LockedError);
    } finally {
      holder.kill();
      await once(holder, 'exit');
    }
  });

  test('does not outlive a holder that is killed', async () => {
    const holder = spawn(process.execPath, [
      '--import=tsx',
      '--eval',
      `require(${JSON.stringify(path.resolve('scripts/local/exclusive-lock.ts'))}).takeLock(${JSON.stringify(file)});
       console.log('held'); setInterval(() => {}, 1000);`,
    ]);
    await once(holder.stdout, 'data');
    expect(() => takeLock(file)).toThrow(LockedError);

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    takeLock(file).release();
  });
});
