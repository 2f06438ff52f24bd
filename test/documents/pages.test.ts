import { unnamedCommands, wrongCommands } from './commands';
import { unmeasuredFigures } from './figures';
import { brokenLinks } from './links';
import { anchorsOf, blocksOf } from './markdown';
import { missingPaths } from './paths';
import { brokenPointers, SOURCES } from './pointers';
import { PAGES, type Page } from './repository';
import { unknownVariables } from './variables';

/** The most that a stranger reads in five minutes, in bytes. */
const FRONT_PAGE_BYTES = 10_000;

const frontPage = PAGES.find(({ file }) => file === 'README.md') as Page;

/** A page beside the stacks. */
const pageOf = (text: string): Page => ({ file: 'lib/SAMPLE.md', text });

test('there are pages, and code that points to them', () => {
  expect(PAGES.map(({ file }) => file)).toEqual(
    expect.arrayContaining(['README.md', 'lib/RUNBOOK.md', '.github/CONTRIBUTING.md']),
  );
  expect(SOURCES.filter(({ text }) => text.includes('.md, "')).length).toBeGreaterThan(1);
});

describe.each(PAGES)('$file', (page) => {
  test('links to files and headings that are there', () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  test('names paths that are there', () => {
    expect(missingPaths(page)).toEqual([]);
  });

  test('names commands of package.json with options that they have', async () => {
    expect(await wrongCommands(page)).toEqual([]);
  });

  test('names variables that the code has', () => {
    expect(unknownVariables(page)).toEqual([]);
  });
});

describe('the front page', () => {
  test('is short', () => {
    expect(Buffer.byteLength(frontPage.text)).toBeLessThan(FRONT_PAGE_BYTES);
  });

  test('has figures of the published benchmark and of the bill only', () => {
    expect(unmeasuredFigures(frontPage)).toEqual([]);
  });

  test('links to every other page', () => {
    const others = PAGES.map(({ file }) => file).filter((file) => file !== frontPage.file);

    expect(others.filter((file) => !frontPage.text.includes(`](${file})`))).toEqual([]);
  });
});

test('every command of package.json is named', () => {
  expect(unnamedCommands(PAGES)).toEqual([]);
});

test('every decision says what it was about, what lost, and what follows', () => {
  const { text = '' } = PAGES.find(({ file }) => file === 'lambda/emitter/DECISIONS.md') ?? {};
  const [, ...records] = text.split(/^## /m);

  expect(records.length).toBeGreaterThan(1);
  for (const record of records) {
    expect([...record.matchAll(/^- \*\*(\w+)\.\*\*/gm)].map(([, part]) => part)).toEqual([
      'Context',
      'Decision',
      'Lost',
      'Consequences',
    ]);
  }
});

test('messages, fixes and comments name pages and headings that are there', () => {
  expect(
    SOURCES.flatMap(({ file, text }) => brokenPointers({ file, text }).map((one) => `${file}: ${one}`)),
  ).toEqual([]);
});

describe('what is wrong is found:', () => {
  test.each([
    ['a file', '[a](gone.md)', 'gone.md'],
    ['a folder', '[a](../nowhere/)', '../nowhere/'],
    ['a picture', '![a](gone.svg)', 'gone.svg'],
    ['a heading of another page', '[a](README.md#gone)', 'README.md#gone'],
    ['a heading of this page', '# Here\n[a](#there)', '#there'],
    ['a link whose text is code', '[`a`](gone.md)', 'gone.md'],
  ])('a link to %s', (_, text, target) => {
    expect(brokenLinks(pageOf(text))).toEqual([target]);
  });

  test.each([
    ['a file from the top', 'lib/gone.ts'],
    ['a file beside the page', 'constructs/gone.ts'],
    ['a name alone', 'gone.ts'],
    ['a folder', 'gone/'],
    ['a file without its ending', 'lib/gone'],
    ['one of several', 'lambda/shared/{streams,gone}'],
  ])('a path: %s', (_, code) => {
    expect(missingPaths(pageOf(`It is in \`${code}\`.`))).toEqual([code]);
  });

  test.each([
    ['a command', '`npm run gone`', 'gone'],
    ['a command in a fence', '```sh\nnpm ci && npm run gone\n```', 'gone'],
    ['an option', '`npm start -- --gone`', 'start --gone'],
    ['an option behind another', '`npm run emit -- --limit 5 --gone`', 'emit --gone'],
    ['a short option', '`npm run deploy -- -z`', 'deploy -z'],
    ['an option in a fence', '```sh\nnpm run verify -- --gone # no\n```', 'verify --gone'],
    ['an option of jest', '`npm run test:unit -- --gone`', 'test:unit --gone'],
    ['an option of a program without help', '`npm run test:mysql -- --gone`', 'test:mysql --gone'],
    ['an option where there are none', '`npm run sbom -- --json`', 'sbom --json'],
    ['a test', '`npm run test:unit -- gone-test`', 'gone-test'],
    ['an option beside its command', '`npm run verify`; `-- --publish`', 'verify --publish'],
    ['an option below its command', '## `npm run emit`\n\nIt takes `--mend`.', 'emit --mend'],
    [
      'an option of one of two commands',
      '| option of `npm run deploy` and `npm run diff` | meaning |\n|---|---|\n| `--yes` | as `npm run deploy` |',
      'deploy, diff --yes',
    ],
  ])('%s', async (_, text, wrong) => {
    expect(await wrongCommands(pageOf(text))).toEqual([wrong]);
  });

  test('a command that no page names', () => {
    expect(unnamedCommands([pageOf('`npm start`')])).toEqual(expect.arrayContaining(['verify', 'test']));
  });

  test('an option that no command has', async () => {
    expect(await wrongCommands(pageOf('`--gone`'))).toEqual([expect.stringMatching(/^start, .* --gone$/)]);
  });

  test.each([
    ['in backticks', '`GONE_VARIABLE=1`', 'GONE_VARIABLE'],
    ['in a fence', '```sh\nGONE_VARIABLE=1 npm test\n```', 'GONE_VARIABLE'],
    ['behind a dollar', '`echo $GONE`', 'GONE'],
  ])('a variable %s', (_, text, name) => {
    expect(unknownVariables(pageOf(text))).toEqual([name]);
  });

  test.each(['1,234 rows/s', '9.87 s of CPU', '4,321 MB', '777 ms', '$99.99', '99.99 dollars'])(
    'a figure that nobody measured: %s',
    (figure) => {
      expect(unmeasuredFigures(pageOf(`It is ${figure}.`))).toEqual([figure]);
    },
  );

  test.each([
    ['a page', 'see lib/GONE.md', 'lib/GONE.md'],
    ['a heading', 'lib/RUNBOOK.md, "Emitter sleeps"', 'lib/RUNBOOK.md, "Emitter sleeps"'],
    ['an anchor', 'lib/RUNBOOK.md#emitter-sleeps', 'lib/RUNBOOK.md#emitter-sleeps'],
    ['a page without its path', 'see README, "Commands"', 'README'],
  ])('code that points to %s', (_, text, pointer) => {
    expect(brokenPointers({ file: 'scripts/sample.ts', text })).toEqual([pointer]);
  });
});

test('anchors are those of GitHub', () => {
  expect(
    anchorsOf('# What `npm start` does, and why\n## db_creds.yaml\n## A\n## A\n```\n# no heading\n```'),
  ).toEqual(['what-npm-start-does-and-why', 'db_credsyaml', 'a', 'a-1']);
});

test('a block knows its table and its headings', () => {
  expect(
    blocksOf('# One\n\n## Two\ntext\n\n- item\n- item\n\n# Three\n\n| head |\n|---|\n| cell |'),
  ).toContainEqual({
    text: '| cell |',
    head: '| head |',
    headings: ['Three'],
  });
});
