import { readFileSync, writeFileSync } from 'node:fs';
import { parseConfig } from '../../lib/config';
import { billionRowsMarkdown } from '../cost/billion-rows';
import type { BenchReport } from './report';
import { reportMarkdown } from './report-text';

/** What `npm run bench -- --publish` writes into README.md: its tables, and what they mean for a billion rows. */
export const SECTIONS = ['figures', 'a billion rows'] as const;

/** One of {@link SECTIONS}. */
export type Section = (typeof SECTIONS)[number];

/** What the sections say of a report, with the default configuration. */
export const sectionsOf = (report: BenchReport): Record<Section, string> => ({
  figures: reportMarkdown(report),
  'a billion rows': billionRowsMarkdown(report, parseConfig({ userId: 'pinterest' })),
});

const END = '<!-- the end of what it writes -->';

/** What is between the markers of a section. @throws Error where they are missing. */
export const sectionOf = (text: string, section: Section): string =>
  text.slice(...placeOf(text, section)).trim();

/** The text with something else between the markers of a section. @throws Error where they are missing. */
export function withSection(text: string, section: Section, content: string): string {
  const [from, to] = placeOf(text, section);
  return `${text.slice(0, from)}\n\n${content}\n\n${text.slice(to)}`;
}

/** Replaces what is between the markers of a file. */
export function writeSections(file: string, contents: Readonly<Record<Section, string>>): void {
  const text = SECTIONS.reduce(
    (changed, section) => withSection(changed, section, contents[section]),
    readFileSync(file, 'utf8'),
  );
  writeFileSync(file, text);
}

function placeOf(text: string, section: Section): [number, number] {
  const begin = `<!-- npm run bench -- --publish: ${section} -->`;
  const at = text.indexOf(begin);
  const to = text.indexOf(END, at);
  if (at < 0 || to < 0) throw new Error(`There is no section between "${begin}" and "${END}".`);
  return [at + begin.length, to];
}
