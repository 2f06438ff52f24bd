import { codeOf, fencesOf } from './markdown';
import { FILES, type Page, textOf } from './repository';

const NAME = /(?<![\w-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|(?<=\$\{?)[A-Z][A-Z0-9_]*\b/g;

/** Names in capitals that the code has. */
const IN_CODE = new Set(
  FILES.filter(
    (file) => /\.(ts|js|py|sh|json)$|^\.ci\//.test(file) && !/package-lock|^test\/documents\//.test(file),
  ).flatMap((file) => textOf(file).match(/[A-Z][A-Z0-9_]*/g) ?? []),
);

/** Finds environment variables, and other names in capitals with underscores, that no file of the code has. */
export const unknownVariables = ({ text }: Page): string[] =>
  [...codeOf(text), ...fencesOf(text).map((fence) => fence.text)]
    .flatMap((code) => code.match(NAME) ?? [])
    .filter((name) => !IN_CODE.has(name));
