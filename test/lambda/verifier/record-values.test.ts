import { recordValues } from '../../../lambda/verifier/record-values';
import { ABSENT, fingerprintOf, NULL } from '../../../lambda/verifier/value';

const columns = ['id', 'name', 'document'].map((name) => ({
  name,
  form: name === 'document' ? ('json' as const) : ('plain' as const),
}));

test('tells a number from a string with the same digits, and keeps the digits', () => {
  const values = recordValues('{"id":1e400,"name":"1e400","document":null}', columns);
  expect(values).toEqual([
    { kind: 'number', text: '1e400' },
    { kind: 'string', text: '1e400' },
    { kind: 'json', text: 'null' },
  ]);
});

test('tells null from a column that is not there, and notices a member without a column', () => {
  expect(recordValues('{"name":null,"more":[1,2]}', columns)).toEqual([
    ABSENT,
    NULL,
    ABSENT,
    { kind: 'json', text: '"more":[1, 2]' },
  ]);
});

test.each([undefined, '', 'null', '[]', '{"id":1', '{"id":1}x', '{"id":01}', '{"name":"\\x"}'])(
  'a record of %j has no column',
  (json) => {
    expect(recordValues(json, columns).slice(0, 3)).toEqual([ABSENT, ABSENT, ABSENT]);
  },
);

test('values that flow into each other have different fingerprints', () => {
  const of = (...texts: string[]) => fingerprintOf(texts.map((text) => ({ kind: 'string', text })));
  expect(new Set([of('ab', ''), of('a', 'b'), of('', 'ab'), of('ab'), of("a'1:b")]).size).toBe(5);
});

test('bytes are those of base64 written in the one right way, and of nothing else', () => {
  const valuesOf = (text: string) =>
    recordValues(JSON.stringify({ b: text }), [{ name: 'b', form: 'bytes' }]);
  expect(valuesOf('AP8K')).toEqual([{ kind: 'bytes', text: '00FF0A' }]);
  expect(valuesOf('')).toEqual([{ kind: 'bytes', text: '' }]);
  for (const wrong of ['AP8', 'AP8K\n', 'AP-K', 'AP8KAA=', 'AB==']) {
    expect(valuesOf(wrong)).toEqual([{ kind: 'string', text: wrong }]);
  }
});
