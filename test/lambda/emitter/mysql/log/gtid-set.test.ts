import fc from 'fast-check';
import { GtidSet } from '../../../../../lambda/emitter/mysql/log/gtid-set';

const UUIDS = ['0a000000-0000-0000-0000-000000000001', 'ff000000-0000-0000-0000-000000000002'];

const source = fc.constantFrom(...UUIDS, `${UUIDS[0]}:blue`, `${UUIDS[0]}:red`, `${UUIDS[1]}:blue`);
const gtid = fc.tuple(source, fc.integer({ min: 1, max: 30 }));
const gtids = fc.array(gtid, { maxLength: 80 });

const setOf = (list: readonly (readonly [string, number])[]): GtidSet => {
  const set = GtidSet.parse('');
  for (const [from, number] of list) set.add(from, number);
  return set;
};

const names = (list: readonly (readonly [string, number])[]): Set<string> =>
  new Set(list.map(([from, number]) => `${from}:${number}`));

test('has what was added and not removed, and says what is new', () => {
  fc.assert(
    fc.property(gtids, gtids, gtid, (added, removed, [from, number]) => {
      const set = setOf(added);
      for (const one of removed) set.remove(...one);
      const expected = names(added);
      for (const one of names(removed)) expected.delete(one);

      const isIn = expected.has(`${from}:${number}`);
      expect(set.has(from, number)).toBe(isIn);
      expect(set.add(from, number)).toBe(!isIn);
      expect(set.has(from, number)).toBe(true);
    }),
  );
});

test('is the same however it came about, and read again from its text', () => {
  fc.assert(
    fc.property(gtids, (added) => {
      const text = setOf(added).toString();

      expect(setOf(added.toReversed()).toString()).toBe(text);
      expect(GtidSet.parse(text).toString()).toBe(text);
      expect(setOf(added).copy().toString()).toBe(text);
    }),
  );
});

test('counts what another one lacks', () => {
  fc.assert(
    fc.property(gtids, gtids, (some, others) => {
      const lacking = [...names(some)].filter((name) => !names(others).has(name));

      expect(setOf(some).countWithout(setOf(others))).toBe(lacking.length);
    }),
  );
});

test.each([
  ['', ''],
  [`${UUIDS[0]}:1-5`, `${UUIDS[0]}:1-5`],
  [`${UUIDS[0]?.toUpperCase()}:5:1-4`, `${UUIDS[0]}:1-5`],
  [`${UUIDS[1]}:7,\n${UUIDS[0]}:1-3:blue:1-2:4:red:9`, `${UUIDS[0]}:1-3:blue:1-2:4:red:9,${UUIDS[1]}:7`],
  [`${UUIDS[0]}:red:1`, `${UUIDS[0]}:red:1`],
])('reads %j', (text, expected) => {
  expect(GtidSet.parse(text).toString()).toBe(expected);
});

test('is encoded as the server takes it', () => {
  expect(GtidSet.parse(`${UUIDS[0]}:1-3`).encode().toString('hex')).toBe(
    [
      '0100000000000000',
      '0a000000000000000000000000000001',
      '0100000000000000',
      '0100000000000000',
      '0400000000000000',
    ].join(''),
  );
  expect(GtidSet.parse(`${UUIDS[0]}:tag:2`).encode().toString('hex')).toBe(
    [
      '0101000000000001',
      '0a000000000000000000000000000001',
      '06746167',
      '0100000000000000',
      '0200000000000000',
      '0300000000000000',
    ].join(''),
  );
});
