import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CommandLine } from '../../scripts/terminal/command';
import { runCommand } from '../support/run-command';
import { type Block, blocksOf, codeOf, fencesOf } from './markdown';
import { FILES, type Page, textOf } from './repository';

/** A command of package.json with options, as a page writes it. */
export interface Invocation {
  /** Name in package.json. */
  readonly name: string;
  readonly options: readonly string[];
  /** Other words behind the name: values of options among them. */
  readonly words: readonly string[];
}

const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };

const TESTS = FILES.filter((file) => file.endsWith('.test.ts'));

const INVOCATION = /\bnpm (?:run (?:--silent )?([a-z][\w:-]*)|(start|test)\b)((?: -- [^&|;#\n`]*)?)/g;

/** Finds the commands in a text. What comes after a second `--` is for another program. */
export const invocationsIn = (text: string): Invocation[] =>
  [...text.matchAll(INVOCATION)].map(([, run, short = '', rest = '']) => ({
    name: run ?? short,
    options: optionsIn(rest),
    words: rest.split(' ').filter((word) => /^\w/.test(word)),
  }));

/** Finds the options in what follows a command: ` -- --limit 5`, or in one alone: `--limit`. */
function optionsIn(text: string): string[] {
  const [own = ''] = text.replace(/^ ?-- /, '').split(/ -- /);
  return own.split(' ').flatMap((word) => /^(?:--[a-z][\w-]*|-[a-z])(?==|$)/.exec(word)?.[0] ?? []);
}

/** Finds commands that are not in package.json, and options that their command does not have. */
export async function wrongCommands({ text }: Page): Promise<string[]> {
  const written = [...fencesOf(text).map((fence) => fence.text), ...codeOf(text)].flatMap(invocationsIn);
  const unknown = written.filter(({ name }) => scripts[name] === undefined).map(({ name }) => name);
  const known = written.filter(({ name }) => scripts[name] !== undefined);
  const uses = [
    ...known.flatMap(({ name, options }) => options.map((option) => ({ option, of: [name], all: true }))),
    ...blocksOf(text).flatMap(optionsAlone),
  ];
  const wrong: string[] = [];
  for (const { option, of, all } of uses) {
    const has = await Promise.all(of.map((name) => hasOption(name, option)));
    if (all ? has.includes(false) : !has.includes(true)) wrong.push(`${of.join(', ')} ${option}`);
  }
  return [...unknown, ...known.flatMap(missingTests), ...wrong];
}

/** Finds patterns of tests that no test has in its path. */
const missingTests = ({ name, words }: Invocation): string[] =>
  scripts[name]?.startsWith('jest ') === true
    ? words.filter((word) => !TESTS.some((test) => test.includes(word)))
    : [];

/** Options without their command, and the commands that they may belong to: one of those named beside them, or above. */
function optionsAlone({
  text,
  head = '',
  headings,
}: Block): { option: string; of: string[]; all: boolean }[] {
  const namesIn = (part: string): string[] =>
    codeOf(part)
      .flatMap(invocationsIn)
      .map(({ name }) => name)
      .filter((name) => scripts[name] !== undefined);
  const above = [head, ...headings].map(namesIn).find((names) => names.length > 0) ?? [];
  const isOptionRow = /^\|[^|]*\boption\b/.test(head);
  const beside = isOptionRow ? [] : namesIn(text);
  const of = [beside, above, Object.keys(scripts)].find((names) => names.length > 0) ?? [];
  const column = isOptionRow ? (/^\|[^|]*/.exec(text)?.[0] ?? '') : text;
  return codeOf(column)
    .filter((code) => /^--? ?-?[a-z-]/.test(code) && !code.startsWith('---'))
    .flatMap(optionsIn)
    .map((option) => ({ option, of, all: isOptionRow && above.length > 0 }));
}

/** Finds commands of package.json that no page names. */
export function unnamedCommands(pages: readonly Page[]): string[] {
  const named = pages.flatMap(({ text }) => codeOf(text).flatMap(invocationsIn)).map(({ name }) => name);
  return Object.keys(scripts).filter((name) => !named.includes(name));
}

/** Says whether a program has an option. */
type HasOption = (option: string) => boolean;

const optionsByName = new Map<string, Promise<HasOption>>();

async function hasOption(name: string, option: string): Promise<boolean> {
  if (!optionsByName.has(name)) optionsByName.set(name, optionsOf(name));
  return (await optionsByName.get(name))?.(option) ?? false;
}

/** Finds out which options a command of package.json has. */
async function optionsOf(name: string): Promise<HasOption> {
  const [program, file = ''] = scripts[name]?.split(' ') ?? [];
  if (program === 'jest') return inHelp(await helpOfJest());
  if (program !== 'tsx') return () => false;
  const source = textOf(file);
  // A program that parses its own arguments.
  if (!source.includes('commandLine(')) return (option) => source.includes(`'${option}'`);
  const exported = path.basename(file, '.ts').replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const module = (await import(path.join(__dirname, '../..', file))) as Record<string, CommandLine>;
  const { stdout } = await runCommand(module[exported] as CommandLine, '--help');
  return inHelp(stdout);
}

const inHelp = (help: string): HasOption => {
  const options = [...help.matchAll(/^ *(?:(-\w), )?(--[\w-]+)/gm)].flatMap(([, short, long]) => [
    short,
    long,
  ]);
  return (option) => options.includes(option);
};

async function helpOfJest(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    require.resolve('jest/bin/jest'),
    '--help',
  ]);
  return stdout;
}
