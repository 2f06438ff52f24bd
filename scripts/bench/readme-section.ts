import { readFileSync, writeFileSync } from 'node:fs';

const BEGIN = '<!-- npm run bench -- --publish -->';
const END = '<!-- the end of what it writes -->';

/** What is between the markers of a text. @throws Error where they are missing. */
export function sectionOf(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`There is no section between "${BEGIN}" and "${END}".`);
  return text.slice(begin + BEGIN.length, end).trim();
}

/** The text with something else between its markers. */
export const withSection = (text: string, section: string): string =>
  text.replace(sectionOf(text), () => section);

/** Replaces what is between the markers of a file. */
export const writeSection = (file: string, section: string): void =>
  writeFileSync(file, withSection(readFileSync(file, 'utf8'), section));
