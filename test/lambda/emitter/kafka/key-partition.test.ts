import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { partitionOfKey } from '../../../../lambda/emitter/kafka/key-partition';

/** The hashes are those of Kafka's own test: https://github.com/apache/kafka/blob/3.9.1/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
])('the partition of %s is the one that Kafka finds', (key, hash) => {
  const most = 2 ** 31;
  expect(partitionOfKey(key, most)).toBe(hash & 0x7fffffff);
});

test('the partition of any key is that of the client', () => {
  const clients = Partitioners.DefaultPartitioner();
  const key = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  fc.assert(
    fc.property(key, fc.integer({ min: 1, max: 50 }), (text, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionId,
        leader: 1,
        partitionErrorCode: 0,
        replicas: [],
        isr: [],
      }));
      expect(partitionOfKey(text, partitions)).toBe(
        clients({ topic: 't', partitionMetadata, message: { key: text, value: null } }),
      );
    }),
    { numRuns: 1_000 },
  );
});
