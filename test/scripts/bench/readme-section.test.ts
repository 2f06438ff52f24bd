import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publishedReport } from '../../../scripts/bench/published-report';
import { sectionOf, withSection, writeSection } from '../../../scripts/bench/readme-section';
import { reportMarkdown } from '../../../scripts/bench/report-text';
import { shortFigures } from '../../../scripts/bench/short-figures';
import { reportOf } from './sample-rounds';

const PROJECT = path.join(__dirname, '../../..');

const pageOf = (file: string): string => readFileSync(path.join(PROJECT, file), 'utf8');

const END = '<!-- the end of what it writes -->';

const TEXT = [
  'before',
  '<!-- npm run bench -- --publish: figures -->\n\nold figures\n',
  `${END}\nafter`,
].join('\n');

test('the page of the benchmark says what the published report says', () => {
  expect(sectionOf(pageOf('scripts/bench/README.md'))).toBe(reportMarkdown(publishedReport()));
});

test('the front page says it in short', () => {
  expect(sectionOf(pageOf('README.md'))).toBe(shortFigures(publishedReport()));
});

test('finds what is between the markers', () => {
  expect(sectionOf(TEXT)).toBe('old figures');
});

test('replaces that, as it is, and nothing else', () => {
  const text = withSection(TEXT, "$& new $1 $'");

  expect(text).toBe(TEXT.replace('old figures', () => "$& new $1 $'"));
  expect(withSection(text, 'old figures')).toBe(TEXT);
});

test.each([
  ['without markers', 'text'],
  ['without the end', '<!-- npm run bench -- --publish: figures --> text'],
  ['with the end before it', `${END} <!-- npm run bench -- --publish: figures -->`],
])('refuses a text %s', (_, text) => {
  expect(() => sectionOf(text)).toThrow('There is no section between "<!-- npm run bench');
});

test('publishing writes the section of a file', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'readme-')), 'README.md');
  writeFileSync(file, TEXT);

  writeSection(file, reportMarkdown(reportOf()));

  const written = readFileSync(file, 'utf8');
  expect(sectionOf(written)).toBe(reportMarkdown(reportOf()));
  expect(written).toMatch(/^before\n[\s\S]*\nafter$/);
});
