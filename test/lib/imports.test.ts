import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.join(__dirname, '../..');

/** Files of lambda/ that lib may import, each with its reason. All other files run in Lambda only. */
const CONTRACTS: Readonly<Record<string, string>> = {
  'lambda/shared/environment': 'variables of the emitter and the verifier, and the rules for a user id',
  'lambda/shared/streams': 'the three streams, and the names of topics, groups and transactional ids',
  'lambda/shared/metric-names': 'metrics that the alarms and the dashboard show',
  // Exceptions to the rule: only one function uses each of them, but a stack needs them to configure it.
  'lambda/shared/heap': 'options of Node.js that have to be in NODE_OPTIONS before the function starts',
  'lambda/sample-loader/environment': 'variables of the sample loader, which no other function has',
};

/** Files of lib that must not load the CDK, because scripts import them and the CDK takes a second to load. */
const WITHOUT_CDK = [
  'address-range',
  'alarms',
  'config',
  'config-schema',
  'names',
  'node-version',
  'stack-sizes',
  'subnets',
];

const files = ['bin', 'lib'].flatMap((folder) =>
  readdirSync(path.join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name.slice(0, -'.ts'.length))),
);

const sourceOf = (file: string): string => readFileSync(path.join(PROJECT, `${file}.ts`), 'utf8');

/** Returns the imports of a file: files of the project by their path without extension, packages by name. */
const importsOf = (file: string): string[] =>
  [...sourceOf(file).matchAll(/(?:from|import) '([^']+)'|(?:import|require)\('([^']+)'\)/g)].map(
    ([, name = '', dynamic = name]) =>
      dynamic.startsWith('.') ? path.join(path.dirname(file), dynamic) : dynamic,
  );

const filesIn = (folder: string): string[] => files.filter((file) => file.startsWith(folder));

const isOfProject = (name: string): boolean => /^(bin|lib|lambda|scripts|test)\//.test(name);

describe('bin', () => {
  test.each(filesIn('bin/'))('%s imports nothing of the project but lib', (file) => {
    expect(importsOf(file).filter((name) => isOfProject(name) && !name.startsWith('lib/'))).toEqual([]);
  });
});

describe('lib', () => {
  test.each(filesIn('lib/'))('%s imports nothing of the project but lib and the contracts', (file) => {
    for (const name of importsOf(file).filter(isOfProject)) {
      if (!name.startsWith('lib/')) expect(Object.keys(CONTRACTS)).toContain(name);
    }
  });

  test('uses every contract', () => {
    const imported = filesIn('lib/').flatMap(importsOf);

    expect(imported).toEqual(expect.arrayContaining(Object.keys(CONTRACTS)));
  });

  test.each(filesIn('lib/constructs/'))('%s imports no stack', (file) => {
    expect(importsOf(file).filter((name) => name.endsWith('-stack'))).toEqual([]);
  });

  test.each(WITHOUT_CDK)('%s loads no CDK', (name) => {
    const imports = importsOf(`lib/${name}`);

    expect(imports.filter((imported) => /^(aws-cdk-lib|constructs)\b/.test(imported))).toEqual([]);
    for (const imported of imports.filter((other) => other.startsWith('lib/'))) {
      expect(WITHOUT_CDK).toContain(path.basename(imported));
    }
  });
});

describe.each(files)('%s', (file) => {
  const source = sourceOf(file);

  test('imports nothing for its effect alone', () => {
    expect(source).not.toMatch(/^import '/m);
  });

  test('reads no environment variable', () => {
    expect(source).not.toContain('process.env');
  });
});
