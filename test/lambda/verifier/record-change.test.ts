import type { KafkaMessage } from 'kafkajs';
import { logPosition } from '../../../lambda/verifier/log-position';
import { changeReader } from '../../../lambda/verifier/record-change';

const message = (value: string | null, headers?: Record<string, string | Buffer[]>): KafkaMessage => ({
  key: Buffer.from('1'),
  value: value === null ? null : Buffer.from(value),
  timestamp: '1700000000000',
  attributes: 0,
  offset: '0',
  headers: Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, text]) => [
      name,
      typeof text === 'string' ? Buffer.from(text) : text,
    ]),
  ),
});

const changeOf = (value: string | null, headers?: Record<string, string | Buffer[]>) =>
  changeReader()(message(value, headers));

test('a record with a value and without headers of a change is a copy, whatever others it has', () => {
  expect(changeOf('{}')).toBeUndefined();
  expect(changeOf('{}', { trace: 'x' })).toBeUndefined();
  expect(changeReader()({ ...message('{}'), headers: undefined } as KafkaMessage)).toBeUndefined();
});

test('only op u replaces; an unknown op and an unreadable position are no reason to fail', () => {
  const time = 1_700_000_000_000;
  expect(changeOf('{}', { op: 'u', gtid: '0-1-7' })).toEqual({ replaces: true, position: 7n, time });
  expect(changeOf('{}', { op: 'r', gtid: '0-1-7' })).toEqual({ replaces: false, position: 7n, time });
  expect(changeOf('{}', { op: 'whatever' })).toEqual({ replaces: false, position: null, time });
  expect(changeOf('{}', { gtid: 'whatever' })).toEqual({ replaces: false, position: null, time });
  expect(changeOf('{}', { op: [] })).toBeUndefined();
  expect(changeOf('{}', { op: [Buffer.from('r'), Buffer.from('u')] })).toMatchObject({ replaces: true });
});

test('every tombstone follows a change', () => {
  expect(changeOf(null, { op: 'd', gtid: '0-1-7' })).toMatchObject({ replaces: false, position: 7n });
  expect(changeOf(null)).toMatchObject({ replaces: false, position: null });
});

test('each record has the position of its own headers', () => {
  const read = changeReader();
  const positions = ['0-1-7', '0-1-7', '0-1-8', undefined, 'x', '0-1-8'].map(
    (gtid) => read(message('{}', { op: 'u', ...(gtid && { gtid }) }))?.position,
  );
  expect(positions).toEqual([7n, 7n, 8n, null, null, 8n]);
});

const UUID = '3E11FA47-71CA-11E1-9E33-C80AA9429562';
const OTHER = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

test.each([
  ['0-1-18446744073709551615', 18_446_744_073_709_551_615n],
  ['0-1-5,1-7-10', 15n],
  [`${UUID}:1`, 1n],
  [`${UUID}:1-5:11-12,\n${OTHER}:3`, 8n],
  [`${UUID}:1-3:a_tag:1-2:other:7`, 6n],
])('%s is a position', (gtids, transactions) => {
  expect(logPosition(gtids)).toBe(transactions);
});

test.each([
  '',
  'x',
  '0-1',
  '0-1-',
  '0-1-2-3',
  '-1-2-3',
  UUID,
  `${UUID}:`,
  `${UUID}:1-`,
  '0-1-5,',
  '0-1-5,x',
  ':1',
])('%j is no position', (gtids) => {
  expect(logPosition(gtids)).toBeNull();
});

test('a record that an event has asked for says so', () => {
  expect(changeOf('{}', { op: 'u', gtid: '0-1-7', asked: 'yes' })).toMatchObject({ isAsked: true });
  expect(changeOf('{}', { op: 'u', gtid: '0-1-7' })).not.toHaveProperty('isAsked');
});
