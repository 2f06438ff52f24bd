import path from 'node:path';
import { codeOf } from './markdown';
import { FILES, isIgnored, PATHS, type Page } from './repository';

/** Endings of the repository's own files. `.sh` alone is mostly a tool of Kafka. */
const ENDING = /\.(ts|js|json|py|md|svg|xml|java|snap)$/;

/** Finds paths in backticks that are not in the repository; a path may begin at its top, beside the page, or below some folder. */
export const missingPaths = (page: Page): string[] =>
  codeOf(page.text)
    .filter((code) => looksLikePath(page, code) && !isIgnored(code))
    .filter((code) => !alternativesOf(code).every((one) => isThere(page, one)));

function looksLikePath({ file }: Page, code: string): boolean {
  if (!/^\.?\w[\w.{},/-]*$/.test(code)) return false;
  if (ENDING.test(code) || code.endsWith('/')) return true;
  const [first = '', ...rest] = code.split('/');
  return rest.length > 0 && (PATHS.has(first) || PATHS.has(path.join(path.dirname(file), first)));
}

/** Resolves braces: `lib/{names,config}` are two paths. */
function alternativesOf(code: string): string[] {
  const [, before = '', inside = '', after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(code) ?? [];
  return inside === '' ? [code] : inside.split(',').map((one) => `${before}${one}${after}`);
}

function isThere({ file }: Page, code: string): boolean {
  const name = code.replace(/\/$/, '');
  const places = [name, path.join(path.dirname(file), name)];
  return (
    places.some((place) => PATHS.has(place) || PATHS.has(`${place}.ts`)) ||
    FILES.some((one) => one.endsWith(`/${name}`))
  );
}
