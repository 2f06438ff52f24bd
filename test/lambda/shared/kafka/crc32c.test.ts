import fc from 'fast-check';
import { crc32c } from '../../../../lambda/shared/kafka/crc32c';

const clients = jest.requireActual<(bytes: Buffer) => number>('kafkajs/src/protocol/recordBatch/crc32C');

/** Of RFC 3720, B.4, but for the last two. */
test.each([
  ['32 bytes of zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['32 bytes that grow', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
  ['32 bytes that shrink', Buffer.from(Array.from({ length: 32 }, (_, index) => 31 - index)), 0x113fdb5c],
  ['the digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('the checksum of %s is that of the standard', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

test('the checksum of any bytes is that of the client, wherever in memory they begin', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(8), (array, skipped) => {
      const bytes = Buffer.from(array).subarray(skipped);
      expect(crc32c(bytes)).toBe(clients(bytes));
    }),
  );
});
