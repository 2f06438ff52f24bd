import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- npm run bench -- --publish: figures -->';

const END = '<!-- the end of what it writes -->';

/** Returns the text between the markers. @throws Error if they are missing. */
export const sectionOf = (text: string): string => text.slice(...placeOf(text)).trim();

/** Replaces the text between the markers. @throws Error if they are missing. */
export function withSection(text: string, content: string): string {
  const [from, to] = placeOf(text);
  return `${text.slice(0, from)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Replaces the text between the markers of a file. */
export const writeSection = (file: string, content: string): void =>
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), content));

function placeOf(text: string): [number, number] {
  const at = text.indexOf(BEGIN);
  const to = text.indexOf(END, at);
  if (at < 0 || to < 0) throw new Error(`There is no section between "${BEGIN}" and "${END}".`);
  return [at + BEGIN.length, to];
}
