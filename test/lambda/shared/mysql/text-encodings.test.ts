import { getDecoder, getEncoder } from '../../../../lambda/shared/mysql/text-encodings';

test.each([
  ['latin1', [0xe9], 'é'],
  ['cp1251', [0xcf], 'П'],
  ['gbk', [0xc4, 0xe3], '你'],
  ['sjis', [0x83, 0x65], 'テ'],
  ['big5', [0xa7, 0x41], '你'],
])('%s is decoded by what Node knows', (encoding, bytes, text) => {
  const decoder = getDecoder(encoding);

  expect([decoder.write(Buffer.from(bytes)), decoder.end()]).toEqual([text, undefined]);
});

test.each(['cesu8', 'armscii8', 'keybcs2'])('%s, which Node does not know, is ASCII here', (encoding) => {
  expect(getDecoder(encoding).write(Buffer.from('time_zone'))).toBe('time_zone');
});

test('nothing is encoded', () => {
  expect(() => getEncoder('gbk')).toThrow('Nothing is sent to the database in gbk.');
});
