import { crc32, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import {
  ChecksummedEvents,
  EventKind,
  eventOf,
  lengthEncoded,
} from '../../../../../lambda/emitter/mysql/log/events';
import { mysqlGtidOf, variableLength } from '../../../../../lambda/emitter/mysql/log/mysql-gtid';
import { preparedXid, xaStatementOf } from '../../../../../lambda/emitter/mysql/log/queries';
import { unpackPayload } from '../../../../../lambda/emitter/mysql/log/transaction-payload';

/** An event with a header; with a checksum where it is asked for. */
function event(kind: number, body: Buffer, withChecksum = false): Buffer {
  const header = Buffer.alloc(19);
  const content = Buffer.concat([header, body]);
  content.writeUInt8(kind, 4);
  content.writeUInt32LE(content.length + (withChecksum ? 4 : 0), 9);
  if (!withChecksum) return content;
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(content));
  return Buffer.concat([content, checksum]);
}

const format = (algorithm: number): Buffer => event(EventKind.format, Buffer.from([0, 0, algorithm]), true);

describe('checksums', () => {
  test('are verified and taken off', () => {
    const events = new ChecksummedEvents();
    events.verify(format(1));

    expect(
      events.verify(event(EventKind.xid, Buffer.from('12345678'), true)).bytes.toString('latin1', 19),
    ).toBe('12345678');
  });

  test('that are wrong, and events that are cut short, are lost', () => {
    const events = new ChecksummedEvents();
    events.verify(format(1));
    const wrong = event(EventKind.xid, Buffer.from('12345678'), true);
    wrong[20] = 0;

    expect(() => events.verify(wrong)).toThrow(/wrong checksum/);
    expect(() => events.verify(event(EventKind.xid, Buffer.alloc(8)).subarray(0, 22))).toThrow(/cut short/);
  });

  test('are not looked for in a file without them', () => {
    const events = new ChecksummedEvents();
    events.verify(format(0));

    expect(events.verify(event(EventKind.xid, Buffer.from('12345678'))).bytes.length).toBe(27);
  });
});

test.each([
  ['07', 7, 1],
  ['fc0102', 0x201, 3],
  ['fd010203', 0x30201, 4],
  ['fe0100000001000000', 0x1_0000_0001, 9],
])('the length-encoded integer %s', (hex, value, next) => {
  expect(lengthEncoded(Buffer.from(hex, 'hex'), 0)).toEqual([value, next]);
});

test('integers of variable length of one byte and of more', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 49n - 1n }),
      fc.integer({ min: 0, max: 6 }),
      (value, more) => {
        const fitting = value & (2n ** BigInt(7 * (more + 1)) - 1n);
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE((fitting << BigInt(more + 1)) | BigInt((1 << more) - 1));

        expect(variableLength(bytes, 0)).toEqual([fitting, more + 1]);
      },
    ),
  );
});

test('a GTID without a tag', () => {
  const body = Buffer.alloc(1 + 16 + 8 + 1 + 16 + 7);
  Buffer.from('0a0000000000000000000000000000ff', 'hex').copy(body, 1);
  body.writeBigUInt64LE(42n, 17);
  body.writeUIntLE(1_000_000, 42, 6);

  expect(mysqlGtidOf(event(EventKind.gtid, body))).toEqual({
    source: '0a000000-0000-0000-0000-0000000000ff',
    number: 42,
    committedAt: 1_000_000,
  });
});

test('an XA transaction is the same in the event and in the statement', () => {
  const body = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0]), Buffer.from('abc')]);

  const xid = preparedXid(eventOf(event(EventKind.xaPrepare, body)));

  expect(xid).toBe('1:6162:63');
  expect(xaStatementOf("XA COMMIT X'6162',X'63',1")).toEqual({ verb: 'COMMIT', xid });
  body[0] = 1;
  expect(preparedXid(eventOf(event(EventKind.xaPrepare, body)))).toBeUndefined();
});

describe('a packed transaction', () => {
  const packed = (size: number, data: Buffer): Buffer =>
    event(
      EventKind.transactionPayload,
      Buffer.concat([
        uint32Field(2, 0),
        uint32Field(3, size),
        uint32Field(1, data.length),
        Buffer.from([0]),
        data,
      ]),
    );

  /** A field with a number, the length of its value, and a value of four bytes. */
  function uint32Field(field: number, value: number): Buffer {
    const bytes = Buffer.from([field, 9, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.writeUInt32LE(value, 3);
    return bytes;
  }

  test.each([10, 50_000])('of %i events is unpacked', async (count) => {
    const events = Array.from({ length: count }, (_, at) =>
      event(EventKind.xid, Buffer.from(`${at}`.padStart(50, '0'))),
    );
    const all = Buffer.concat(events);
    const found: string[] = [];

    await unpackPayload(eventOf(packed(all.length, zstdCompressSync(all))), (one) => {
      found.push(one.toString('latin1', 19));
    });

    expect(found).toEqual(events.map((one) => one.toString('latin1', 19)));
  });

  test('that is cut short is lost', () => {
    const all = event(EventKind.xid, Buffer.alloc(50)).subarray(0, 60);

    expect(() => unpackPayload(eventOf(packed(60, zstdCompressSync(all))), () => {})).toThrow(/cut short/);
  });
});
