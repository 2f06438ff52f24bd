import { rateIn } from '../../../scripts/bench/limit-subjects';

test("reads the rate of all records, and not of the seconds between, from Kafka's tool", () => {
  const output = [
    '250000 records sent, 49960.0 records/sec (31.92 MB/sec), 512.1 ms avg latency, 900.0 ms max latency.',
    '1000000 records sent, 240384.615385 records/sec (142.13 MB/sec), 167.96 ms avg latency, 420.00 ms max latency, 150 ms 50th, 366 ms 95th, 400 ms 99th, 415 ms 99.9th.',
    '',
  ].join('\n');

  expect(rateIn(output)).toBeCloseTo(240_384.615385);
});

test('says what the tool has said instead of a rate', () => {
  expect(() => rateIn('Exception in thread "main"')).toThrow(
    'Kafka\'s producer tool says no rate:\nException in thread "main"',
  );
});
