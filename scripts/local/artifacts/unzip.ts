import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

/** Size of the record at an archive's end, without its comment, in bytes. */
const END_BYTES = 22;

/** Size of the fixed part of an entry in the directory, in bytes. */
const ENTRY_BYTES = 46;

/** Size of the fixed part of the header before an entry's data, in bytes. */
const HEADER_BYTES = 30;

const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly compressedBytes: number;
  /** Offset of its header in the archive. */
  readonly offset: number;
}

/**
 * Unpacks an archive in the ZIP format, such as a jar, into a folder. Its checksum was compared before, so the archive is trusted.
 *
 * Written out, because a machine with Java's runtime has no `jar`, and not every one has `unzip`.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function unzip(archive: string, folder: string): Promise<void> {
  const file = await open(archive);
  try {
    for (const entry of await entriesOf(file)) {
      const target = path.join(folder, entry.name);
      if (entry.name.endsWith('/')) {
        mkdirSync(target, { recursive: true });
        continue;
      }
      mkdirSync(path.dirname(target), { recursive: true });
      const header = await read(file, entry.offset, HEADER_BYTES);
      const start = entry.offset + HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
      if (entry.compressedBytes === 0) {
        writeFileSync(target, '');
        continue;
      }
      const output = createWriteStream(target);
      const data = createReadStream(archive, { start, end: start + entry.compressedBytes - 1 });
      await (entry.method === DEFLATED ? pipeline(data, createInflateRaw(), output) : pipeline(data, output));
    }
  } finally {
    await file.close();
  }
}

async function entriesOf(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - END_BYTES - 0xffff), Math.min(size, END_BYTES + 0xffff));
  const end = tail.subarray(tail.lastIndexOf('PK\x05\x06', undefined, 'latin1'));
  const directory = await read(file, end.readUInt32LE(16), end.readUInt32LE(12));
  const entries: Entry[] = [];
  for (let at = 0; at < directory.length; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      offset: directory.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function read(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position);
  return buffer;
}
