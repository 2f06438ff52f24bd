import fc from 'fast-check';
import { MAX_ROW_BYTES, rowEncoder, UnemittableRowError } from '../../../lambda/emitter/messages';
import { MAX_MESSAGE_BYTES, messageBytes } from '../../../lambda/shared/message';
import type { Column, ColumnKind, Row } from '../../../lambda/shared/rows';

const bytes = (value: string | Buffer | null): Buffer | null =>
  typeof value === 'string' ? Buffer.from(value) : value;

/** The JSON of one value, as it stands behind its column's name. */
function encoded(kind: ColumnKind, value: string | Buffer | null): string {
  const json = rowEncoder([{ name: 'c', kind }])([bytes(value)]).toString();
  expect(json).toMatch(/^\{"c":.*\}$/s);
  return json.slice('{"c":'.length, -1);
}

/** What the refusal of a row says. */
function refusal(columns: readonly Column[], row: Row): string {
  try {
    rowEncoder(columns)(row);
  } catch (error) {
    expect(error).toBeInstanceOf(UnemittableRowError);
    return (error as Error).message;
  }
  throw new Error('the row was not refused');
}

describe('a value', () => {
  test.each<ColumnKind>(['number', 'text', 'datetime', 'timestamp', 'json', 'binary'])(
    'that is NULL is null in a column of kind %s',
    (kind) => expect(encoded(kind, null)).toBe('null'),
  );

  test.each([
    ['0', '0'],
    ['-0', '-0'],
    ['18446744073709551615', '18446744073709551615'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9007199254740993', '9007199254740993'],
    ['1e38', '1e38'],
    ['3.40282e38', '3.40282e38'],
    ['-1.7976931348623157e308', '-1.7976931348623157e308'],
    ['-89.9787', '-89.9787'],
    ['0.1', '0.1'],
    // ZEROFILL, and the YEAR 0000.
    ['00000042', '42'],
    ['00000000', '0'],
    ['0000', '0'],
    ['0000012.50', '12.50'],
    ['0000000.50', '0.50'],
    ['00001e38', '1e38'],
  ])('of a number column that the database prints as %s is the number literal %s', (printed, literal) => {
    expect(encoded('number', printed)).toBe(literal);
  });

  test.each([
    ['2020-08-28', '"2020-08-28"'],
    ['2020-08-28 03:52:47', '"2020-08-28T03:52:47"'],
    ['2020-08-28 03:52:47.123456', '"2020-08-28T03:52:47.123456"'],
    ['0000-00-00', '"0000-00-00"'],
    ['0000-00-00 00:00:00', '"0000-00-00T00:00:00"'],
    ['9999-12-31 23:59:59.999999', '"9999-12-31T23:59:59.999999"'],
  ])('of a date column, %s, is ISO-8601 without a zone', (printed, json) => {
    expect(encoded('datetime', printed)).toBe(json);
  });

  test('of a timestamp column is an instant', () => {
    expect(encoded('timestamp', '2038-01-19 03:14:07.999999')).toBe('"2038-01-19T03:14:07.999999Z"');
  });

  test.each([
    '',
    ' trailing spaces  ',
    'quotes " \' ` and \\ backslashes',
    'line\r\nbreaks,\ttabs, \b\f',
    'controls \u0000\u0001\u001f\u007f',
    'é ö – — ’ “ ” • … ™ ❤\u{fe0f} 👍 😍 \u{a0}',
    'separators \u2028 \u2029 and a BOM \ufeff',
    'a replacement character that is really there: \ufffd',
    '-12345678901234567890123456789012345.123456789012345678901234567890',
    '-838:59:59.000000',
  ])('of a text column, %j, is a string', (text) => {
    expect(JSON.parse(encoded('text', text))).toBe(text);
  });

  test.each([
    ['{"a":1.0,"a":18446744073709551616,"b":[1e400]}'],
    [' [ 1,\n 2 ] '],
    ['"text with \\u0041 é 😀"'],
    ['null'],
    ['0.10'],
  ])('of a JSON column, %j, is embedded as it is', (document) => {
    expect(encoded('json', document)).toBe(document);
  });

  test.each([
    [Buffer.alloc(0), '""'],
    [Buffer.from([0x00, 0xff, 0x80]), '"AP+A"'],
    [Buffer.from([0b101]), '"BQ=="'],
  ])('of bytes %j is base64', (value, json) => expect(encoded('binary', value)).toBe(json));
});

describe('a row', () => {
  test('keeps its columns in their order, whatever their names', () => {
    const names = ['2', '1', 'quote " backslash \\', '__proto__', 'ünï', 'line\nbreak', ''];
    const encode = rowEncoder(names.map((name) => ({ name, kind: 'number' })));

    expect(encode(names.map((_, index) => Buffer.from(`${index}`))).toString()).toBe(
      String.raw`{"2":0,"1":1,"quote \" backslash \\":2,"__proto__":3,"ünï":4,"line\nbreak":5,"":6}`,
    );
  });

  test('with bytes that are not UTF-8 is refused by the name of the column, not by the value', () => {
    const columns: Column[] = [
      { name: 'fine', kind: 'text' },
      { name: 'broken', kind: 'text' },
    ];
    expect(refusal(columns, [bytes('fine'), Buffer.from('secret\xff', 'latin1')])).toBe(
      'column broken holds bytes that are not UTF-8',
    );
  });

  test.each([
    ['{"secret":', 'column document holds text that is not JSON'],
    ['', 'column document holds text that is not JSON'],
    ['NaN', 'column document holds text that is not JSON'],
    ['{"a":01}', 'column document holds text that is not JSON'],
    [Buffer.from('"secret\xff"', 'latin1'), 'column document holds bytes that are not UTF-8'],
  ])('with JSON that is not, %j, is refused by the name of the column', (value, reason) => {
    expect(refusal([{ name: 'document', kind: 'json' }], [bytes(value)])).toBe(reason);
  });

  test('may be as large as a message allows with the longest key, and not a byte larger', () => {
    const encode = rowEncoder([{ name: 't', kind: 'text' }]);
    const room = MAX_ROW_BYTES - '{"t":""}'.length;

    const largest = encode([Buffer.alloc(room, 'x')]);
    expect(largest).toHaveLength(MAX_ROW_BYTES);
    expect(messageBytes({ key: '9223372036854775806', value: largest })).toBe(MAX_MESSAGE_BYTES);
    expect(refusal([{ name: 't', kind: 'text' }], [Buffer.alloc(room + 1, 'x')])).toBe(
      `the row takes at least ${MAX_ROW_BYTES + 1} bytes, and a message holds ${MAX_ROW_BYTES}`,
    );
  });

  test('that is only too large once it is escaped is refused, too', () => {
    const value = Buffer.alloc(MAX_ROW_BYTES / 3, '\u0001');
    expect(refusal([{ name: 't', kind: 'text' }], [value])).toContain(`a message holds ${MAX_ROW_BYTES}`);
  });

  test('that is far too large is refused before it is turned into JSON', () => {
    const row = Array.from({ length: 40 }, () => Buffer.alloc(1_000_000, 0xff));
    const columns = row.map((_, index): Column => ({ name: `c${index}`, kind: 'text' }));
    expect(refusal(columns, row)).toContain('the row takes at least 40000000 bytes');
  });

  test('comes back from its JSON as it was, whatever is in it', () => {
    const text = fc.string({ unit: 'binary' });
    const field = fc.oneof(
      fc.record({ kind: fc.constant<ColumnKind>('text'), printed: text, value: text }).map((generated) => ({
        ...generated,
        value: generated.printed as unknown,
      })),
      fc
        .bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n })
        .map((integer) => ({ kind: 'number' as const, printed: `${integer}`, value: Number(integer) })),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map((double) => ({ kind: 'number' as const, printed: `${double}`, value: Number(`${double}`) })),
      fc.json().map((document) => ({
        kind: 'json' as const,
        printed: document,
        value: JSON.parse(document) as unknown,
      })),
      fc.uint8Array().map((array) => ({
        kind: 'binary' as const,
        printed: Buffer.from(array),
        value: Buffer.from(array).toString('base64'),
      })),
      fc.constantFrom<ColumnKind>('text', 'number', 'json', 'binary', 'datetime').map((kind) => ({
        kind,
        printed: null,
        value: null,
      })),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(text, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(field),
        (names, stream) => {
          const fields = [...stream.take(names.length)];
          const encode = rowEncoder(
            names.map((name, index) => ({ name, kind: fields[index]?.kind as ColumnKind })),
          );

          const json = encode(fields.map(({ printed }) => bytes(printed))).toString();

          expect(Object.entries(JSON.parse(json)).sort()).toEqual(
            Object.entries(
              Object.fromEntries(names.map((name, index) => [name, fields[index]?.value])),
            ).sort(),
          );
        },
      ),
    );
  });
});
