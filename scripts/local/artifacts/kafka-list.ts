import { readdirSync } from 'node:fs';
import path from 'node:path';

const LISTS = path.join(__dirname, 'kafka');

/** The file with the jars of a version of Kafka. */
export const kafkaList = (version: string): string => path.join(LISTS, `${version}.txt`);

/** Versions of Kafka that there is a list for. */
export const kafkaVersions = (): string[] =>
  readdirSync(LISTS)
    .map((file) => path.basename(file, '.txt'))
    .sort();
