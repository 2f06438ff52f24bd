import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundledPackages } from '../../scripts/aws/bundled-packages';

const RECORD = path.join(__dirname, '../../lambda/licences.json');

/** Licences that ask for nothing but to be named. */
const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

test('the licence of every bundled package is recorded ("npm run --silent licences -- --json > lambda/licences.json")', async () => {
  expect(JSON.parse(readFileSync(RECORD, 'utf8'))).toEqual(await bundledPackages());
});

test('every one of them may be used', async () => {
  for (const { name, license } of await bundledPackages())
    expect([name, PERMISSIVE]).toEqual([name, expect.arrayContaining([license])]);
});
