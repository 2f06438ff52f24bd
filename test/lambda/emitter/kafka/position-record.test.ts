import fc from 'fast-check';
import { committedOf, positionOf } from '../../../../lambda/emitter/kafka/position-record';

const CLUSTER = 'Zk9_-A';
const OURS = `emitter=2 next=7 cluster=${CLUSTER}`;

test.each([
  [{ nextKey: 7n, unkeyed: '' }, OURS],
  [{ nextKey: 7n, unkeyed: '3-a1', shards: 1 }, `${OURS} unkeyed=3-a1`],
  [{ nextKey: 7n, unkeyed: '', shards: 4 }, `${OURS} shards=4`],
  [{ nextKey: 7n, unkeyed: '3-a1', shards: 4 }, `${OURS} unkeyed=3-a1 shards=4`],
  [{ nextKey: 7n, unkeyed: '', endKey: 0n }, `${OURS} end=0`],
  [{ nextKey: 7n, unkeyed: '3-a1', endKey: 9n, run: '0b6e-4d' }, `${OURS} unkeyed=3-a1 end=9 run=0b6e-4d`],
  [
    {
      nextKey: 7n,
      unkeyed: '',
      startKey: 2n,
      steps: [{ end: 4n, gtid: '0-1-9,7-2-1' }, { end: 6n, shard: 3 }, { end: 7n }],
      origin: '1/bin.000007/1764000000',
    },
    `${OURS} start=2 steps=4@0-1-9,7-2-1;6@#3;7@ origin=1/bin.000007/1764000000`,
  ],
  [
    { nextKey: 7n, unkeyed: '', loss: { id: '0b-1', reason: 'TRUNCATE `ü`' } },
    `${OURS} loss=0b-1:TRUNCATE%20%60%C3%BC%60`,
  ],
])('%j is kept as %j', (position, metadata) => {
  expect(committedOf(position, CLUSTER)).toEqual({ offset: '7', metadata });
});

test.each([
  ['run=0b6e-4d', { unkeyed: '', run: '0b6e-4d' }],
  ['end=9', { unkeyed: '', endKey: 9n }],
  ['3-a1 end=9 run=0b6e-4d', { unkeyed: '3-a1', endKey: 9n, run: '0b6e-4d' }],
  ['3-a1 shards=4 run=0b6e-4d', { unkeyed: '3-a1', shards: 4, run: '0b6e-4d' }],
  [`emitter=1 next=7 cluster=${CLUSTER} unkeyed=3-a1 run=0b6e-4d`, { unkeyed: '3-a1', run: '0b6e-4d' }],
])('%j of an earlier version is still ours', (metadata, position) => {
  expect(positionOf({ offset: '7', metadata }, CLUSTER)).toEqual({ position: { nextKey: 7n, ...position } });
});

test.each([
  [null, 'the emitter writes other metadata'],
  ['', 'the emitter writes other metadata'],
  ['3-a1', 'the emitter writes other metadata'],
  ['shards=4', 'the emitter writes other metadata'],
  ['committed by hand', 'the emitter writes other metadata'],
  ['emitter=1 next=7', 'the emitter writes other metadata'],
  ['emitter=1 next=7 next=7 cluster=Zk9_-A', 'the emitter writes other metadata'],
  [`${OURS} `, 'the emitter writes other metadata'],
  ['emitter=3 next=7 cluster=Zk9_-A', 'an emitter of version 3 wrote it, and this one has version 2'],
  ['emitter=1 next=8 cluster=Zk9_-A', 'the emitter committed 8, and another client changed that'],
  ['emitter=1 next=7 cluster=other', 'it was committed in the cluster other, and this is Zk9_-A'],
  [`${OURS} steps=3`, 'the emitter does not write steps=3'],
  [`${OURS} steps=3@a;`, 'the emitter does not write steps=3@a;'],
  [`${OURS} loss=id`, 'the emitter does not write loss=id'],
  [`${OURS} jump=3`, 'the emitter does not write jump=3'],
  [`${OURS} toString=3`, 'the emitter does not write toString=3'],
  [`${OURS} valueof=3`, 'the emitter does not write valueof=3'],
  [`${OURS} end=x`, 'the emitter does not write end=x'],
  [`${OURS} run=`, 'the emitter does not write run='],
])('7 with the metadata %j is foreign: %s', (metadata, foreign) => {
  expect(positionOf({ offset: '7', metadata }, CLUSTER)).toEqual({ foreign });
});

const key = fc.bigInt(0n, 9_223_372_036_854_775_807n);
const anyPosition = fc.record(
  {
    nextKey: key,
    unkeyed: fc.constantFrom('', '1-0', '42-ffffffffffffffff'),
    endKey: key,
    shards: fc.integer({ min: 2, max: 8 }),
    run: fc.uuid(),
    startKey: key,
    steps: fc.array(
      fc.oneof(
        fc.record({ end: key, gtid: fc.stringMatching(/^\d-\d-\d{1,9}$/) }),
        fc.record({ end: key, shard: fc.integer({ min: 1, max: 7 }) }),
        fc.record({ end: key }),
      ),
      { minLength: 1, maxLength: 9 },
    ),
    loss: fc.record({ id: fc.uuid(), reason: fc.string({ unit: 'grapheme', maxLength: 120 }) }),
  },
  { requiredKeys: ['nextKey', 'unkeyed'] },
);
test('a position that does not fit an offset of Kafka is refused, by name', () => {
  const steps = [{ end: 7n, gtid: 'x'.repeat(4_100) }];

  expect(() => committedOf({ nextKey: 7n, unkeyed: '', steps }, CLUSTER)).toThrow(
    /does not fit the metadata of an offset, 4096 bytes/,
  );
});

/** What Kafka makes of a cluster's id: a UUID in base64 for URLs. */
const anyCluster = fc.base64String({ minLength: 4 }).map((text) => text.replace(/[^A-Za-z0-9]/g, '_'));

test('every position is read as it was written', () => {
  fc.assert(
    fc.property(anyPosition, anyCluster, (position, cluster) =>
      expect(positionOf(committedOf(position, cluster), cluster)).toEqual({ position }),
    ),
  );
});

test('whatever offset a tool gives it, and whatever cluster it is copied to, it is foreign there', () => {
  fc.assert(
    fc.property(anyPosition, key, anyCluster, anyCluster, (position, other, cluster, elsewhere) => {
      fc.pre(other !== position.nextKey && elsewhere !== cluster);
      const committed = committedOf(position, cluster);
      expect(positionOf({ ...committed, offset: `${other}` }, cluster)).toHaveProperty('foreign');
      expect(positionOf(committed, elsewhere)).toHaveProperty('foreign');
    }),
  );
});

test('a text that the emitter did not write is foreign', () => {
  fc.assert(
    fc.property(fc.string(), (metadata) => {
      fc.pre(!/(run|end)=/.test(metadata));
      expect(positionOf({ offset: '7', metadata }, CLUSTER)).toHaveProperty('foreign');
    }),
  );
});
