import type { StoredCheckpoint } from '../../../scripts/local/checkpoints';
import { offsetsJson, offsetsText } from '../../../scripts/local/offsets-text';

const checkpoints: readonly StoredCheckpoint[] = [
  {
    group: 'ada.emitter',
    topic: 'ada.pin',
    nextKey: '300',
    position: {
      nextKey: 300n,
      unkeyed: '',
      steps: [{ end: 100n, gtid: '0-1-9' }, { end: 200n, shard: 1 }, { end: 300n }],
      loss: { id: 'x', reason: 'the log was purged' },
    },
  },
  {
    group: 'ada.emitter.1',
    topic: 'ada.pin',
    nextKey: '150',
    position: {
      nextKey: 150n,
      unkeyed: '',
      startKey: 100n,
      endKey: 200n,
      steps: [{ end: 150n, gtid: '0-1-8' }],
    },
  },
  { group: 'ada.emitter', topic: 'ada.geo', nextKey: '5', foreign: 'the emitter writes other metadata' },
];
const ends = [{ topic: 'ada.pin', partition: 0, from: 0, to: 1_234 }];

test('says of every range of keys as of when its records are, or which shard emits it', () => {
  expect(offsetsText(checkpoints, ends)).toBe(
    `group          topic    next key  keys, and as of when their records are
ada.emitter    ada.pin       300  0 to 99: GTID 0-1-9
                                  100 to 199: emitted by shard 1
                                  200 to 299: GTID unknown
                                  lost changes, until "npm run verify -- --mend": the log was purged
ada.emitter.1  ada.pin       150  the range of this shard: 100 to 199
                                  100 to 149: GTID 0-1-8
ada.emitter    ada.geo         5  not written by the emitter: the emitter writes other metadata

topic    partition  end offset
ada.pin          0        1234`,
  );
});

test('says that there is no checkpoint before the first run', () => {
  expect(offsetsText([], ends)).toMatch(/^The emitter has no checkpoint yet\.\n\ntopic /);
});

test('has a line of JSON for every checkpoint and every partition, with keys of any size as text', () => {
  expect(offsetsJson(checkpoints, ends).map((line) => JSON.parse(line))).toEqual([
    {
      kind: 'checkpoint',
      group: 'ada.emitter',
      topic: 'ada.pin',
      nextKey: '300',
      steps: [
        { from: '0', to: '100', gtid: '0-1-9' },
        { from: '100', to: '200', shard: 1 },
        { from: '200', to: '300' },
      ],
      loss: { id: 'x', reason: 'the log was purged' },
    },
    {
      kind: 'checkpoint',
      group: 'ada.emitter.1',
      topic: 'ada.pin',
      nextKey: '150',
      startKey: '100',
      endKey: '200',
      steps: [{ from: '100', to: '150', gtid: '0-1-8' }],
    },
    {
      kind: 'checkpoint',
      group: 'ada.emitter',
      topic: 'ada.geo',
      nextKey: '5',
      foreign: 'the emitter writes other metadata',
    },
    { kind: 'end', topic: 'ada.pin', partition: 0, offset: '1234' },
  ]);
});
