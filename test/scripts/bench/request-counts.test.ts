import { RequestCounts } from '../../../scripts/bench/request-counts';

/** A request of this number and version. */
const request = (key: number, version: number): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeInt16BE(key, 4);
  bytes.writeInt16BE(version, 6);
  return bytes;
};

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const produced = (...errors: number[]): Buffer =>
  Buffer.concat([
    Buffer.alloc(8),
    int32(errors.length),
    ...errors.flatMap((error) => [
      int16(3),
      Buffer.from('pin'),
      int32(1),
      int32(0),
      int16(error),
      Buffer.alloc(24),
    ]),
    int32(0),
  ]);

const refusedOf = (key: number, version: number, answer: Buffer): number => {
  const counts = new RequestCounts();
  counts.sent(request(key, version))(answer);
  return counts.take().refused;
};

test('an answer to a request for several partitions refuses it when it refuses any of them', () => {
  expect(refusedOf(0, 7, produced(0, 0, 0))).toBe(0);
  expect(refusedOf(0, 7, produced(0, 0, 6))).toBe(1);
  expect(refusedOf(0, 7, produced(6, 0))).toBe(1);
});

test('an answer whose end is cut off, or that has another form, is looked at no further', () => {
  const whole = produced(0, 0, 6);
  for (let length = 8 + 4; length < whole.length - 34; length++)
    expect(refusedOf(0, 7, whole.subarray(0, length))).toBe(0);
  expect(refusedOf(0, 11, Buffer.alloc(20, 0xff))).toBe(0);
});

test('the end of a transaction is refused by its error', () => {
  const answer = (error: number): Buffer => Buffer.concat([Buffer.alloc(8), int32(0), int16(error)]);
  expect(refusedOf(26, 1, answer(0))).toBe(0);
  expect(refusedOf(26, 1, answer(51))).toBe(1);
});
