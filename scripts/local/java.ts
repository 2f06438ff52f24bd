import { realpathSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The option that makes a program of Kafka log to standard output. */
export const LOG_OPTION = `-Dlog4j.configuration=${pathToFileURL(path.join(__dirname, 'log4j.properties')).href}`;

/**
 * A Java class path for a program that runs in a directory: of relative paths, because a colon in a path would end it there.
 *
 * @param parts absolute paths of folders with classes, or of all jars of a folder: `…/*`
 */
export function classPathFrom(directory: string, ...parts: readonly (string | undefined)[]): string {
  const from = realpathSync(directory);
  return parts
    .filter((part) => part !== undefined)
    .map((part) => path.join(path.relative(from, realpathSync(path.dirname(part))), path.basename(part)))
    .join(':');
}

/** Java properties by name. */
export type JavaProperties = Readonly<Record<string, string | number | boolean>>;

/** The text of a file of properties, which Java reads as Latin-1 with escapes. https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader) */
export const propertiesText = (properties: JavaProperties): string =>
  Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(String(value))}\n`)
    .join('');

const escaped = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
