import fc from 'fast-check';
import { bucketOf } from '../../../lambda/verifier/bucket-sums';
import { Spill } from '../../../lambda/verifier/spill';

test('gives back all items, those of a bucket together and in their order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 200 }),
      (keys, repeats) => {
        using spill = new Spill<readonly [string, number]>();
        const added = new Map<number, (readonly [string, number])[]>();
        for (let item = 0; item < keys.length * repeats; item += 1) {
          const key = keys[item % keys.length] as string;
          spill.add(key, [key, item]);
          added.set(bucketOf(key), [...(added.get(bucketOf(key)) ?? []), [key, item]]);
        }
        const groups = [...spill.groups()].map((items) => [...items]);
        expect(groups).toEqual([...added].sort(([a], [b]) => a - b).map(([, items]) => items));
      },
    ),
    { numRuns: 20 },
  );
});
