import path from 'node:path';
import { anchorsOf, linksOf } from './markdown';
import { PATHS, type Page, textOf } from './repository';

/** Finds links to files and headings of the repository that are not there. */
export const brokenLinks = (page: Page): string[] =>
  linksOf(page.text).filter((target) => !/^https?:/.test(target) && !isThere(page, target));

function isThere({ file, text }: Page, target: string): boolean {
  const [name = '', anchor] = target.split('#');
  const linked = name === '' ? file : path.join(path.dirname(file), name).replace(/\/$/, '');
  if (name !== '' && !PATHS.has(linked)) return false;
  return anchor === undefined || anchorsOf(name === '' ? text : textOf(linked)).includes(anchor);
}
