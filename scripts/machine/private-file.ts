import { rmSync, writeFileSync } from 'node:fs';

/** Writes a file that only its owner may read, from the first byte on, even if the file existed before. */
export function writePrivateFile(file: string, content: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
}
