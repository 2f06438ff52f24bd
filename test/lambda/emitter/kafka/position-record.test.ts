import fc from 'fast-check';
import { committedOf, positionOf } from '../../../../lambda/emitter/kafka/position-record';

test.each([
  [
    { nextKey: 7n, keyless: '' },
    { offset: '7', metadata: '' },
  ],
  [
    { nextKey: 7n, keyless: '3-a1', shards: 1 },
    { offset: '7', metadata: '3-a1' },
  ],
  [
    { nextKey: 7n, keyless: '', shards: 4 },
    { offset: '7', metadata: 'shards=4' },
  ],
  [
    { nextKey: 7n, keyless: '3-a1', shards: 4 },
    { offset: '7', metadata: '3-a1 shards=4' },
  ],
  [
    { nextKey: 7n, keyless: '', endKey: 0n },
    { offset: '7', metadata: 'end=0' },
  ],
  [
    { nextKey: 7n, keyless: '3-a1', endKey: 9n, run: '0b6e-4d' },
    { offset: '7', metadata: '3-a1 end=9 run=0b6e-4d' },
  ],
])('%j is kept as %j', (position, committed) => {
  expect(committedOf(position)).toEqual(committed);
});

test('where nothing was committed, a table is read from its beginning, and a shard has no range', () => {
  expect(positionOf({ offset: '-1', metadata: null })).toEqual({ nextKey: 0n, keyless: '' });
});

test('every position is read as it was written', () => {
  const key = fc.bigInt(0n, 9_223_372_036_854_775_807n);
  const position = fc.record(
    {
      nextKey: key,
      keyless: fc.constantFrom('', '1-0', '42-ffffffffffffffff'),
      endKey: key,
      shards: fc.integer({ min: 2, max: 8 }),
      run: fc.uuid(),
    },
    { requiredKeys: ['nextKey', 'keyless'] },
  );
  fc.assert(fc.property(position, (given) => expect(positionOf(committedOf(given))).toEqual(given)));
});
