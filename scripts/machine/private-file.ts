import { rmSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read, from its first byte on and also when it was there before. */
export function writePrivateFile(file: string, content: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
}
