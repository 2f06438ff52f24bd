import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Bytes of records that a broker keeps on its disk of all topics with this first part of their names.
 *
 * @param data the broker's directory: one folder a partition, with the records in files that end in `.log`
 */
export const storedBytesOf = (data: string, name: string): number =>
  readdirSync(data)
    .filter((folder) => folder.startsWith(`${name}.`))
    .flatMap((folder) => readdirSync(path.join(data, folder)).map((file) => path.join(data, folder, file)))
    .filter((file) => file.endsWith('.log'))
    .reduce((sum, file) => sum + statSync(file).size, 0);
