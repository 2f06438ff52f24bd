import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import type { Column, Row } from '../../../lambda/shared/rows';

import { csvRecords, textsOf } from '../../../scripts/table-files/csv';

/** Reads CSV with another program than the one that writes it; an empty field without quotes is NULL. */
const read = (csv: string): (string | null)[][] =>
  parse(csv, {
    record_delimiter: '\r\n',
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });

test('a record is fields with commas between them and a CRLF at its end', () => {
  expect(
    csvRecords([
      ['index', 'title'],
      ['1', 'a b'],
      ['2', null],
    ]),
  ).toBe('index,title\r\n1,a b\r\n2,\r\n');
});

test.each([
  [null, ''],
  ['', '""'],
  ['NULL', 'NULL'],
  ['a,b', '"a,b"'],
  ['"', '""""'],
  ['say "a"', '"say ""a"""'],
  ['a\nb', '"a\nb"'],
  ['a\rb', '"a\rb"'],
  ['a\r\nb', '"a\r\nb"'],
  [' spaces ', ' spaces '],
  ['=1+1', '=1+1'],
  ['\ufeffé 😍 \0', '\ufeffé 😍 \0'],
])('%j is %j', (text, field) => {
  expect(csvRecords([['1', text]])).toBe(`1,${field}\r\n`);
});

test('whatever the texts are, they are read again as they were', () => {
  const texts = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ' ', 'a', '😀') }),
  );
  // A record of one NULL is an empty line, which says nothing; every table has a key beside it.
  const records = fc.array(fc.tuple(fc.nat().map(String), texts, texts), { minLength: 1 });

  fc.assert(fc.property(records, (some) => expect(read(csvRecords(some))).toEqual(some)));
});

test('texts are what the database prints; bytes are base64', () => {
  const columns: Column[] = [
    { name: 'a', kind: 'number' },
    { name: 'b', kind: 'datetime' },
    { name: 'c', kind: 'json' },
    { name: 'd', kind: 'binary' },
    { name: 'e', kind: 'text' },
  ];
  const row: Row = ['007', '2020-08-28 03:52:47', '{"a": 1.0}', '\xff', 'é'].map((text, index) =>
    Buffer.from(text, index === 3 ? 'latin1' : 'utf8'),
  );

  expect(textsOf(columns)(row)).toEqual(['007', '2020-08-28 03:52:47', '{"a": 1.0}', '/w==', 'é']);
  expect(textsOf(columns)([null, null, null, null, null])).toEqual([null, null, null, null, null]);
});

test('bytes that should be text and are not are refused, with the name of their column', () => {
  const texts = textsOf([{ name: 'title', kind: 'text' }]);

  expect(() => texts([Buffer.from([0xff])])).toThrow('column title holds bytes that are not UTF-8');
});
