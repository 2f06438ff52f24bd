import path from 'node:path';
import { anchorsOf, headingsOf } from './markdown';
import { FILES, PATHS, type Page, textOf } from './repository';

/** Code whose texts a user reads: messages, fixes of the doctor, alarms, comments. */
export const SOURCES: readonly Page[] = FILES.filter((file) =>
  /^(bin|lib|lambda|scripts)\/.*\.(ts|py|sh)$/.test(file),
).map((file) => ({ file, text: textOf(file) }));

const POINTER = /((?:[\w.-]+\/)*[A-Z][A-Z-]*\.md)(?:#([\w-]+)|, "([^"]+)")?/g;

const NAMELESS = /\b(?:README|RUNBOOK|DECISIONS|CONTRIBUTING|ON-AWS)\b(?!\.md)/g;

/** Finds places in code that name a page or a heading that is not there, or a page without its path. */
export function brokenPointers({ file, text }: Page): string[] {
  const broken = [...text.matchAll(POINTER)].filter(([, name = '', anchor, heading]) => {
    const page = [name, path.join(path.dirname(file), name)].find((place) => PATHS.has(place));
    if (page === undefined) return true;
    const linked = textOf(page);
    if (anchor !== undefined) return !anchorsOf(linked).includes(anchor);
    // The titles of alarms are compared with their entries where the templates are.
    return heading !== undefined && !heading.includes('${') && !headingsOf(linked).includes(heading);
  });
  return [...broken, ...text.matchAll(NAMELESS)].map(([pointer]) => pointer);
}
