import fc from 'fast-check';
import { KeySet } from '../../../../../lambda/emitter/mysql/log/key-set';
import { LARGEST_KEY } from '../../../../../lambda/shared/largest-key';

const addAll = (set: KeySet, keys: readonly bigint[]): void => {
  for (const key of keys) set.add(Number(key & 0xffff_ffffn), Number(key >> 32n));
};

const key = fc.oneof(
  fc.bigInt({ min: 0n, max: 20n }),
  fc.bigInt({ min: 2n ** 32n - 5n, max: 2n ** 32n + 5n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

const unique = (keys: readonly bigint[]): bigint[] => [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1));

test('keeps the keys of its range, or the smallest ones of them and says up to where they are all', () => {
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 300 }),
      key,
      key,
      fc.integer({ min: 1, max: 60 }),
      (keys, a, b, most) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const set = new KeySet(from, to, most);
        addAll(set, keys);

        const result = set.result();

        const end = to < LARGEST_KEY + 1n ? to : LARGEST_KEY + 1n;
        const expected = unique(keys.filter((one) => from <= one && one < end));
        expect([...result.keys]).toEqual(expected.filter((one) => one < result.to).slice(0, most));
        expect([...result.keys]).toEqual(expected.slice(0, most));
        if (expected.length <= most) expect(result.to).toBe(to);
        else expect(result.to).toBe((expected[most - 1] ?? 0n) + 1n);
      },
    ),
    { numRuns: 500 },
  );
});

test('keeps many more keys than it begins with', () => {
  const keys = Array.from({ length: 50_000 }, (_, at) => BigInt((at * 7_919) % 30_000));
  const set = new KeySet(0n, LARGEST_KEY, 1_000_000);
  addAll(set, keys);

  expect([...set.result().keys]).toEqual(unique(keys));
});
