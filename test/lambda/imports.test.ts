import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');

const sourceOf = (file: string): string => readFileSync(path.join(PROJECT, `${file}.ts`), 'utf8');

/** What a file imports: files of the project by their path without ending, packages by name. */
const importsOf = (file: string): string[] =>
  [...sourceOf(file).matchAll(/(?:from|import) '([^']+)'/g)].map(([, name = '']) =>
    name.startsWith('.') ? path.join(path.dirname(file), name) : name,
  );

/** Everything that a file brings along, through whatever other files of the project. */
function reachedFrom(file: string, reached = new Set<string>()): Set<string> {
  for (const name of importsOf(file)) {
    if (reached.has(name)) continue;
    reached.add(name);
    if (name.startsWith('lambda/')) reachedFrom(name, reached);
  }
  return reached;
}

const files = readdirSync(path.join(PROJECT, 'lambda'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.join('lambda', name.slice(0, -'.ts'.length)));

test('functions import functions and packages, nothing else of the project', () => {
  const strangers = files.flatMap((file) =>
    importsOf(file).filter((name) => /^(bin|lib|scripts|test)\//.test(name)),
  );

  expect(strangers).toEqual([]);
});

test.each(['emit', 'shares', 'messages', 'chunks', 'keyless', 'ports', 'event'])(
  'the core of the emitter, %s, brings along no driver and no SDK',
  (name) => {
    const packages = [...reachedFrom(`lambda/emitter/${name}`)].filter(
      (reached) => !reached.startsWith('lambda/'),
    );

    expect(packages.filter((reached) => reached !== 'zod' && !reached.startsWith('node:'))).toEqual([]);
  },
);

test('only the handlers read environment variables', () => {
  const readers = files.filter((file) => sourceOf(file).includes('process.env'));

  expect(readers.filter((file) => path.basename(file) !== 'handler')).toEqual([]);
});
