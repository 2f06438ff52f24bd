import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const PROJECT = join(__dirname, '../..');

/** The files of the functions that describe them to a stack; all others run in Lambda only. */
const CONTRACTS = [
  'lambda/shared/environment',
  'lambda/shared/heap',
  'lambda/shared/metric-names',
  'lambda/shared/streams',
  'lambda/sample-loader/environment',
];

const files = ['bin', 'lib'].flatMap((folder) =>
  readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);

describe.each(files)('%s', (file) => {
  const source = readFileSync(join(PROJECT, file), 'utf8');

  test('imports nothing of the project but lib and the contracts of functions', () => {
    const imported = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) =>
      relative(PROJECT, join(PROJECT, file, '..', path)),
    );

    for (const path of imported) {
      if (!path.startsWith('lib/')) expect(CONTRACTS).toContain(path);
    }
  });

  test('reads no environment variable', () => {
    expect(source).not.toContain('process.env');
  });
});
