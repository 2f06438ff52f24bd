import fc from 'fast-check';
import { KeyFold, type KeyRecord } from '../../../lambda/verifier/fold';

const PARTITIONS = 3;

type Op = 'd' | 'u' | 'r';

/** Makes records of one key, each behind the one before it in its partition. */
function recorder() {
  const offsets = new Map<number, number>();
  return (fingerprint: string | null, partition: number, op?: Op, position?: bigint | null, time = 0) => {
    const offset = offsets.get(partition) ?? 0;
    offsets.set(partition, offset + 1);
    return {
      fingerprint,
      place: { partition, offset },
      change: op && { replaces: op === 'u', position: position ?? null, time },
    } satisfies KeyRecord;
  };
}

function fold(records: readonly KeyRecord[]) {
  const key = new KeyFold();
  for (const record of records) key.add(record);
  const { rows, repeated, ...counts } = key.result();
  return { rows: rows.map(({ fingerprint }) => fingerprint), repeated: repeated.length, ...counts };
}

test('copies are rows, in the order in which they come', () => {
  const copy = recorder();
  expect(fold([copy('a', 1), copy('b', 0), copy('a', 1)])).toEqual({
    rows: ['a', 'b', 'a'],
    repeated: 0,
    superseded: 0,
    tombstones: 0,
    isChanged: false,
    readAsOf: null,
  });
});

test('a tombstone clears, op u replaces, anything else adds', () => {
  const record = recorder();
  const records = [
    record('a', 0),
    record('b', 0),
    record('c', 0, 'u', 5n),
    record('d', 0, 'r', 6n),
    record(null, 0, 'd', 7n),
    record('e', 0, 'r', 7n),
    record('f', 0, 'r', 7n),
  ];
  expect(fold(records.slice(0, 3))).toMatchObject({ rows: ['c'], superseded: 2, isChanged: true });
  expect(fold(records.slice(0, 4))).toMatchObject({ rows: ['c', 'd'] });
  expect(fold(records.slice(0, 5))).toMatchObject({ rows: [], superseded: 4, tombstones: 1 });
  expect(fold(records)).toEqual({
    rows: ['e', 'f'],
    repeated: 0,
    superseded: 4,
    tombstones: 1,
    isChanged: true,
    readAsOf: 7n,
  });
});

test('of several partitions the later position is the newer one, copies are the oldest, and offsets decide inside of one', () => {
  const record = recorder();
  const older = [record('a', 0), record('b', 0, 'u', 5n)];
  const newer = [record('c', 1), record('d', 1, 'u', 7n), record('e', 1, 'u', 3n)];
  for (const records of [
    [...older, ...newer],
    [...newer, ...older],
  ])
    expect(fold(records)).toMatchObject({ rows: ['e'], superseded: 4 });
});

test('where positions are the same or unknown, the later record is the newer one', () => {
  const record = recorder();
  expect(fold([record('new', 0, 'u', null, 9), record('old', 1, 'u', null, 8)])).toMatchObject({
    rows: ['new'],
  });
  expect(fold([record('old', 2, 'u', 4n, 8), record('new', 1, 'u', 4n, 9)])).toMatchObject({
    rows: ['new'],
  });
  expect(fold([record('new', 0, 'u', 0n, 1), record('old', 1, 'u', null, 8)])).toMatchObject({
    rows: ['new'],
  });
});

test('what repeats the records before it as of the same position is told, until something newer comes', () => {
  const record = recorder();
  const several = () => [record(null, 0, 'd', 5n), record('a', 0, 'r', 5n), record('b', 0, 'r', 5n)];
  const repeated = [...several(), ...several(), ...several()];
  expect(fold(repeated)).toMatchObject({ rows: ['a', 'b'], repeated: 6, superseded: 0, tombstones: 1 });
  expect(fold([...repeated, record('a', 0, 'u', 6n)])).toMatchObject({
    rows: ['a'],
    repeated: 0,
    superseded: 6,
    tombstones: 3,
  });
});

test.each([
  ['another position', 6n, 'a'],
  ['no position', null, 'a'],
  ['another row', 5n, 'b'],
])('a record with %s repeats nothing', (_, position, fingerprint) => {
  const record = recorder();
  const first = record('a', 0, 'u', position === null ? null : 5n);
  expect(fold([first, record(fingerprint, 0, 'u', position)])).toMatchObject({ repeated: 0, superseded: 1 });
});

/** Contents of a key, by their fingerprints. */
const contents = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });

/** A reading of a key: transactions since the one before it, whether partitions were added, what the table had, times that it was written. */
const reading = fc.record({
  transactions: fc.integer({ min: 1, max: 3 }),
  partition: fc.option(fc.nat(PARTITIONS - 1), { nil: undefined, freq: 4 }),
  rows: contents,
  times: fc.constantFrom(1, 1, 1, 2, 3),
});

/** Puts the records of several partitions into one order, in which those of a partition stay in theirs. */
function interleave(records: readonly KeyRecord[], choices: readonly number[]): KeyRecord[] {
  const queues = [...Map.groupBy(records, ({ place }) => place.partition).values()].map((queue) => [
    ...queue,
  ]);
  return records.map((_, index) => {
    const waiting = queues.filter((queue) => queue.length > 0);
    return waiting[(choices[index % choices.length] as number) % waiting.length]?.shift() as KeyRecord;
  });
}

test('any history of a key, over partitions that were added, folds to what its table has', () => {
  const choices = fc.array(fc.nat(), { minLength: 1 });
  fc.assert(
    fc.property(contents, fc.array(reading), choices, (copied, readings, order) => {
      const record = recorder();
      let partition = 0;
      let position = 0n;
      const records: KeyRecord[] = copied.map((row) => record(row, partition));
      for (const { transactions, rows, times, ...added } of readings) {
        position += BigInt(transactions);
        partition = added.partition ?? partition;
        for (let time = 0; time < times; time += 1) {
          if (rows.length === 1) records.push(record(rows[0] as string, partition, 'u', position));
          else {
            records.push(record(null, partition, 'd', position));
            records.push(...rows.map((row) => record(row, partition, 'r', position)));
          }
        }
      }
      const { rows: state, times } = readings.at(-1) ?? { rows: copied, times: 1 };
      const { rows, ...counts } = fold(interleave(records, order));
      expect(rows.toSorted()).toEqual(state.toSorted());
      expect(counts.repeated).toBe((times - 1) * (state.length === 1 ? 1 : state.length + 1));
      expect(rows.length + counts.repeated + counts.superseded + counts.tombstones).toBe(records.length);
    }),
  );
});

test('any records of one partition fold as the rule says, whatever their headers', () => {
  const anything = fc.record({
    fingerprint: fc.option(fc.constantFrom('a', 'b')),
    op: fc.option(fc.constantFrom<Op>('d', 'u', 'r'), { nil: undefined }),
    position: fc.option(fc.bigInt({ min: 0n, max: 3n })),
  });
  fc.assert(
    fc.property(fc.array(anything), (items) => {
      const record = recorder();
      let model: string[] = [];
      const records = items.map(({ fingerprint, op, position }) => {
        if (fingerprint === null) model = [];
        else model = op === 'u' ? [fingerprint] : [...model, fingerprint];
        return record(fingerprint, 0, fingerprint === null ? (op ?? 'd') : op, position);
      });
      const { rows, repeated, superseded, tombstones } = fold(records);
      expect(rows.toSorted()).toEqual(model.toSorted());
      expect(rows.length + repeated + superseded + tombstones).toBe(records.length);
    }),
  );
});

test('any records of several partitions are each counted once, and offsets decide inside of each', () => {
  const anything = fc.record({
    fingerprint: fc.option(fc.constantFrom('a', 'b')),
    partition: fc.nat(PARTITIONS - 1),
    position: fc.option(fc.bigInt({ min: 0n, max: 3n })),
    time: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(anything), (items) => {
      const record = recorder();
      const records = items.map(({ fingerprint, partition, position, time }) =>
        record(fingerprint, partition, 'u', position, time),
      );
      const { rows, repeated, superseded, tombstones } = fold(records);
      expect(rows.length + repeated + superseded + tombstones).toBe(records.length);
      const last = [...Map.groupBy(records, ({ place }) => place.partition).values()].map(
        (queue) => queue.at(-1)?.fingerprint ?? undefined,
      );
      expect(rows.length <= 1 && (records.length === 0 || last.includes(rows[0]))).toBe(true);
    }),
  );
});

test('a group that somebody has asked for may repeat the one before it', () => {
  const change = { replaces: true, position: 7n, time: 1 };
  const place = (offset: number) => ({ partition: 0, offset });
  const again = (isAsked: boolean) =>
    fold([
      { fingerprint: 'a', place: place(0), change },
      { fingerprint: 'a', place: place(1), change: { ...change, ...(isAsked && { isAsked: true }) } },
    ]);

  expect(again(false)).toMatchObject({ rows: ['a'], repeated: 1, superseded: 0 });
  expect(again(true)).toMatchObject({ rows: ['a'], repeated: 0, superseded: 1 });
});
