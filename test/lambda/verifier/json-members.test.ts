import fc from 'fast-check';
import { jsonMembers, jsonString } from '../../../lambda/verifier/json-members';

test('keeps the digits of numbers and writes documents with one space behind commas and colons', () => {
  const json =
    ' {"big" : 18446744073709551615 ,\n"float":-1.50e+3,"none":null,"yes":true, "text":"a \\"b\\" \\u00e9 }",' +
    '"document": { "a" : [ 1.0 , {} ], "a":"x , y", "2":0, "1":0 } } ';
  expect(Object.fromEntries(jsonMembers(json))).toEqual({
    big: '18446744073709551615',
    float: '-1.50e+3',
    none: 'null',
    yes: 'true',
    text: '"a \\"b\\" \\u00e9 }"',
    document: '{"a": [1.0, {}], "a": "x , y", "2": 0, "1": 0}',
  });
});

test('any object is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()),
      fc.constantFrom(undefined, 1),
      (value, indent) => {
        const members = [...jsonMembers(JSON.stringify(value, undefined, indent))];
        expect(members.map(([name, source]) => [name, JSON.parse(source)])).toEqual(
          Object.entries(JSON.parse(JSON.stringify(value))),
        );
      },
    ),
  );
});

test('any text is refused where JSON.parse refuses it, and when it is no object', () => {
  const tokens = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '01',
    '1.',
    'null',
    'x',
    '\n',
    '\u00a0',
    '"\n"',
    '"\\x"',
    '{"a":',
    '"b":[',
  );
  const reads = (parse: () => unknown): boolean => {
    try {
      parse();
      return true;
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  };
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 8 }), (some) => {
      const text = some.join('');
      const isObject = reads(() => JSON.parse(text)) && text.trimStart().startsWith('{');
      expect(reads(() => [...jsonMembers(text).values()].map((source) => JSON.parse(source)))).toBe(isObject);
    }),
    { numRuns: 2_000 },
  );
});

test.each(['x', '"', '\\', '\u0001'])('reads a megabyte of %j', (character) => {
  const text = character.repeat(1_000_000);
  const source = jsonMembers(JSON.stringify({ text })).get('text') as string;
  expect(jsonString(source) === text).toBe(true);
});
