import { EventEmitter } from 'node:events';
import path from 'node:path';
import type { Connection } from 'mysql2';
import { PackedQueue } from '../../../../lambda/emitter/mysql/packed-queue';
import type { PackedRows } from '../../../../lambda/emitter/packed-rows';
import { dependencies } from '../../../../package.json';
import { messagesOf } from '../../../support/packed-tables';

/** The driver does not export these. */
const driver = (file: string) => jest.requireActual(path.join(path.dirname(require.resolve('mysql2')), file));
const Query = driver('lib/commands/query.js');
const PacketParser = driver('lib/packet_parser.js');
const { version } = driver('package.json');

/** A packet of the protocol: its length, its number, its content. */
const packetOf = (content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([content.length & 0xff, content.length >> 8, 0, 0]), content]);

const END = packetOf(Buffer.from([0xfe, 0, 0, 2, 0]));
const rowPacket = (...values: string[]): Buffer =>
  packetOf(Buffer.concat(values.map((value) => Buffer.from(`${String.fromCharCode(value.length)}${value}`))));

/** The driver's own query, in the state in which its columns are known; and what the server says to it. */
function queryOnDriver() {
  const query = new Query({ sql: 'SELECT 1' });
  const connection = Object.assign(new EventEmitter(), {
    query: () => query,
    clientEncoding: 'utf8',
    pause: jest.fn(),
    resume: jest.fn(),
  });
  const queue = new PackedQueue(connection as unknown as Connection, 'SELECT 1', 'id');
  query.next = query.fieldsEOF;
  query.emit('fields', [
    { name: 'Id', columnType: 3, characterSet: 63 },
    { name: 'text', columnType: 253, characterSet: 45 },
  ]);
  const parser = new PacketParser((packet: unknown) => query.execute(packet, connection));
  return { queue, connection, say: (...packets: Buffer[]) => parser.execute(Buffer.concat(packets)) };
}

const rowsIn = ({ value }: IteratorResult<PackedRows, undefined>) =>
  value && messagesOf([{ rows: value, from: 0, to: value.count }]).map((message) => `${message.value}`);

test('the version of the driver is the one whose query this hooks into', () => {
  expect(dependencies.mysql2).toBe(version);
});

test('the rows of a query of the driver are encoded, up to the end of its result', async () => {
  const { queue, say } = queryOnDriver();
  const first = queue.next();
  say(END, rowPacket('1', 'one'), rowPacket('2', 'two'));
  expect(rowsIn(await first)).toEqual(['{"Id":1,"text":"one"}', '{"Id":2,"text":"two"}']);
  say(rowPacket('3', 'three'), END);
  expect(rowsIn(await queue.next())).toEqual(['{"Id":3,"text":"three"}']);
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test('the database is held back while too much waits, and let go once it is taken', async () => {
  const { queue, connection, say } = queryOnDriver();
  const text = 'x'.repeat(120);
  say(END, ...Array.from({ length: 9_000 }, (_, key) => rowPacket(`${key}`, text)));
  expect(connection.pause).toHaveBeenCalledTimes(1);
  let rows = 0;
  for (let at = 0; rows < 9_000 && at < 100; at++) rows += (await queue.next()).value?.count ?? 0;
  expect(rows).toBe(9_000);
  expect(connection.resume).toHaveBeenCalledTimes(1);
});

test('a result that the server breaks off with an error is one', async () => {
  const { queue, say } = queryOnDriver();
  say(END, rowPacket('1', 'one'), packetOf(Buffer.from('\xff\x25\x05#70100stop', 'latin1')));
  await expect(queue.next()).rejects.toThrow('stop');
});
