import { type FieldPacket, Types } from 'mysql2';
import { columnOf, isInteger } from '../../../../lambda/shared/mysql/mysql-columns';

const BINARY = 63;
const UTF8MB4 = 45;

const field = (columnType: number | undefined, properties: object = {}): FieldPacket =>
  ({ name: 'c', columnType, characterSet: UTF8MB4, ...properties }) as unknown as FieldPacket;

test.each([
  ['TINY', 'number', true],
  ['SHORT', 'number', true],
  ['INT24', 'number', true],
  ['LONG', 'number', true],
  ['LONGLONG', 'number', true],
  ['YEAR', 'number', false],
  ['FLOAT', 'number', false],
  ['DOUBLE', 'number', false],
  ['NEWDECIMAL', 'text', false],
  ['TIME', 'text', false],
  ['DATE', 'datetime', false],
  ['DATETIME', 'datetime', false],
  ['TIMESTAMP', 'timestamp', false],
  ['JSON', 'json', false],
  ['BIT', 'binary', false],
  ['GEOMETRY', 'binary', false],
  ['VAR_STRING', 'text', false],
  ['STRING', 'text', false],
  ['BLOB', 'text', false],
] as const)('a column of the protocol’s type %s becomes %s', (type, kind, canBeKey) => {
  const column = field(Types[type]);
  expect(columnOf(column)).toEqual({ name: 'c', kind });
  expect(isInteger(column)).toBe(canBeKey);
});

test.each(['STRING', 'VAR_STRING', 'BLOB'] as const)('%s in the character set of bytes is binary', (type) => {
  expect(columnOf(field(Types[type], { characterSet: BINARY })).kind).toBe('binary');
});

test('numbers and dates are told by their type, although their character set is that of bytes', () => {
  expect(columnOf(field(Types.LONG, { characterSet: BINARY })).kind).toBe('number');
  expect(columnOf(field(Types.DATETIME, { characterSet: BINARY })).kind).toBe('datetime');
});

test.each(['uuid', 'inet4', 'inet6'])('MariaDB’s %s is text', (extendedTypeName) => {
  const column = field(Types.STRING, { characterSet: BINARY, extendedTypeName });
  expect(columnOf(column).kind).toBe('text');
});

test('MariaDB’s JSON, a LONGTEXT with a mark, is JSON', () => {
  expect(columnOf(field(Types.BLOB, { extendedFormat: 'json' })).kind).toBe('json');
});
