import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');

/** A Markdown page; its file as a path of the repository. */
export interface Page {
  readonly file: string;
  readonly text: string;
}

/** Names in .gitignore: what commands make, and nobody can find in a fresh clone. */
const IGNORED = textOf('.gitignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.replace(/\/$/, ''));

/** Says whether git ignores a path. */
export function isIgnored(file: string): boolean {
  const names = file.split('/');
  return IGNORED.some((ignored) =>
    ignored.startsWith('*') ? file.endsWith(ignored.slice(1)) : names.includes(ignored),
  );
}

/** Files of the repository, by their paths. */
export const FILES: readonly string[] = readdirSync(PROJECT, { withFileTypes: true })
  .filter(({ name }) => name !== '.git' && !isIgnored(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(path.join(PROJECT, entry.name), { recursive: true, withFileTypes: true })
          .filter((one) => one.isFile())
          .map((one) => path.relative(PROJECT, path.join(one.parentPath, one.name)))
      : [entry.name],
  );

/** Files and folders of the repository, by their paths. */
export const PATHS: ReadonlySet<string> = new Set(
  FILES.flatMap((file) => {
    const names = file.split('/');
    return names.map((_, index) => names.slice(0, index + 1).join('/'));
  }),
);

/** All Markdown pages of the repository. */
export const PAGES: readonly Page[] = FILES.filter((file) => file.endsWith('.md')).map((file) => ({
  file,
  text: textOf(file),
}));

/** Reads a file of the repository. */
export function textOf(file: string): string {
  return readFileSync(path.join(PROJECT, file), 'utf8');
}
