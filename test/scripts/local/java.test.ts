import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { classPathFrom, propertiesText } from '../../../scripts/local/java';

const root = mkdtempSync(path.join(tmpdir(), 'java-'));
afterAll(() => rmSync(root, { recursive: true }));

test('a class path has no folder in it that the project did not name', () => {
  const [directory, classes] = [path.join(root, 'a:b', 'run', 'kafka'), path.join(root, 'a:b', 'servers')];
  mkdirSync(directory, { recursive: true });
  mkdirSync(path.join(classes, 'kafka'), { recursive: true });

  expect(
    classPathFrom(directory, undefined, path.join(classes, 'iam'), path.join(classes, 'kafka', '*')),
  ).toBe('../../servers/iam:../../servers/kafka/*');
});

test('a class path is found from where the directory really is', () => {
  const real = path.join(root, 'elsewhere', 'deep', 'kafka');
  mkdirSync(real, { recursive: true });
  mkdirSync(path.join(root, 'jars'));
  symlinkSync(real, path.join(root, 'linked'));

  expect(classPathFrom(path.join(root, 'linked'), path.join(root, 'jars', '*'))).toBe('../../../jars/*');
});

test.each([
  ['/plain', '/plain'],
  ['C:\\new', 'C:\\\\new'],
  [' leading', '\\ leading'],
  ['é 三😀', '\\u00e9 \\u4e09\\ud83d\\ude00'],
  ['two\nlines', 'two\\u000alines'],
  [true, 'true'],
])('%j is escaped in a file of properties', (value, text) => {
  expect(propertiesText({ name: value, other: 1 })).toBe(`name=${text}\nother=1\n`);
});
