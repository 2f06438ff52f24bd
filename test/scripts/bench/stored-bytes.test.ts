import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { storedBytesOf } from '../../../scripts/bench/stored-bytes';

test('counts the records of all partitions of the topics of a name, and nothing else', () => {
  const data = mkdtempSync(path.join(os.tmpdir(), 'stored-bytes-'));
  try {
    for (const [file, bytes] of [
      ['ada.pin-0/00000000000000000000.log', 100],
      ['ada.pin-0/00000000000000000100.log', 20],
      ['ada.geo-2/00000000000000000000.log', 3],
      ['ada.pin-0/00000000000000000000.index', 5_000],
      ['adam.pin-0/00000000000000000000.log', 7_000],
    ] as const) {
      mkdirSync(path.dirname(path.join(data, file)), { recursive: true });
      writeFileSync(path.join(data, file), Buffer.alloc(bytes));
    }
    writeFileSync(path.join(data, 'meta.properties'), 'version=1');

    expect(storedBytesOf(data, 'ada')).toBe(123);
  } finally {
    rmSync(data, { recursive: true });
  }
});
