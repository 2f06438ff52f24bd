import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishedReport } from '../../../scripts/bench/published-report';
import {
  SECTIONS,
  sectionOf,
  sectionsOf,
  withSection,
  writeSections,
} from '../../../scripts/bench/readme-section';
import { reportOf } from './sample-rounds';

const README = readFileSync(path.join(__dirname, '../../../README.md'), 'utf8');

const END = '<!-- the end of what it writes -->';

const TEXT = [
  'before',
  '<!-- npm run bench -- --publish: figures -->\n\nold figures\n',
  `${END}\nbetween`,
  '<!-- npm run bench -- --publish: a billion rows -->\n\nold billion\n',
  `${END}\nafter`,
].join('\n');

test.each(SECTIONS)('the README says of %s what the published report says', (section) => {
  expect(sectionOf(README, section)).toBe(sectionsOf(publishedReport())[section]);
});

test('finds what is between the markers of a section', () => {
  expect(sectionOf(TEXT, 'figures')).toBe('old figures');
  expect(sectionOf(TEXT, 'a billion rows')).toBe('old billion');
});

test('replaces that, as it is, and nothing else', () => {
  const text = withSection(TEXT, 'figures', "$& new $1 $'");

  expect(text).toBe(TEXT.replace('old figures', () => "$& new $1 $'"));
  expect(withSection(text, 'figures', 'old figures')).toBe(TEXT);
});

test.each([
  ['without markers', 'text'],
  ['without the end', '<!-- npm run bench -- --publish: figures --> text'],
  ['with the end before it', `${END} <!-- npm run bench -- --publish: figures -->`],
])('refuses a text %s', (_, text) => {
  expect(() => sectionOf(text, 'figures')).toThrow('There is no section between "<!-- npm run bench');
});

test('publishing writes every section of a file', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'readme-')), 'README.md');
  writeFileSync(file, TEXT);

  writeSections(file, sectionsOf(reportOf()));

  const written = readFileSync(file, 'utf8');
  for (const section of SECTIONS) expect(sectionOf(written, section)).toBe(sectionsOf(reportOf())[section]);
  expect(written).toMatch(/^before\n[\s\S]*\nbetween\n[\s\S]*\nafter$/);
});
