import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import type { VerificationReport } from '../../../lambda/verifier/report';
import { verify } from '../../../lambda/verifier/verify';
import {
  emptyStreams,
  type MemoryItem,
  type MemoryStream,
  memoryRecords,
  memoryRows,
} from './memory-sources';

const verifyGeo = async (geo: Partial<MemoryStream>): Promise<VerificationReport> => {
  const streams = emptyStreams();
  Object.assign(streams.geo, geo);
  return await verify({ userId: 'me', rows: memoryRows(streams), records: memoryRecords(streams) });
};

const rows = ['0', '1', '2', '9223372036854775806'].map((key) => ({ key, text: `post ${key}` }));

test('equal sides are equal, whatever their order', async () => {
  const report = await verifyGeo({ rows, records: rows.toReversed() });
  expect(report).toMatchObject({
    equal: true,
    streams: { geo: { equal: true, rows: 4, records: 4, examples: [] } },
  });
  expect(report.streams.geo.digest.table).toBe(report.streams.geo.digest.topic);
  expect(report.streams.geo.digest.table).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
});

test('the last key is the largest number among the records and the dead letters of the stream', async () => {
  const records = ['9', '10', '007', 'x', '99999999999999999999', ''].map((key) => ({ key, text: key }));
  const lastKeyOf = async (stream: Partial<MemoryStream>) => (await verifyGeo(stream)).streams.geo.lastKey;

  expect(await lastKeyOf({ records })).toBe('10');
  expect(await lastKeyOf({ records, deadLetters: [{ key: '9', text: 'a' }] })).toBe('10');
  expect(await lastKeyOf({ records, deadLetters: [{ key: '11', text: 'a' }] })).toBe('11');
  expect(
    await lastKeyOf({
      deadLetters: [
        { key: null, text: 'a' },
        { key: '0', text: 'a' },
      ],
    }),
  ).toBe('0');
  expect(await lastKeyOf({ rows })).toBeNull();
});

test('nothing equals nothing', async () => {
  expect(await verifyGeo({})).toMatchObject({ equal: true, streams: { pin: { rows: 0, records: 0 } } });
});

test('a row without a record is missing', async () => {
  const report = await verifyGeo({ rows, records: rows.slice(1) });
  expect(report).toMatchObject({
    equal: false,
    streams: {
      pin: { equal: true },
      geo: {
        equal: false,
        missing: 1,
        extra: 0,
        changed: 0,
        duplicate: 0,
        examples: [{ kind: 'missing', key: '0' }],
      },
    },
  });
});

test('a record without a row is extra, also when its key is no number or repeated', async () => {
  const strange = [
    { key: '', text: 'a' },
    { key: '007', text: 'b' },
    { key: 'seven\n"', text: 'c' },
    { key: '', text: 'a' },
  ];
  const { geo } = (await verifyGeo({ rows, records: [...rows, ...strange] })).streams;
  expect(geo).toMatchObject({ equal: false, missing: 0, extra: 4, changed: 0, duplicate: 0 });
  expect(geo.examples).toContainEqual({ kind: 'extra', key: '007', partition: 0, offset: 5 });
});

test('a changed record is shown with both values, cut', async () => {
  const long = 'x'.repeat(1_000);
  const { geo } = (await verifyGeo({ rows: [{ key: '7', text: 'a' }], records: [{ key: '7', text: long }] }))
    .streams;
  expect(geo).toMatchObject({ equal: false, missing: 0, extra: 0, changed: 1, duplicate: 0 });
  expect(geo.examples).toEqual([
    {
      kind: 'changed',
      key: '7',
      partition: 0,
      offset: 0,
      column: 'text',
      row: '"a"',
      record: `"${'x'.repeat(79)}…`,
    },
  ]);
});

test('a repeated record is a duplicate; a repeated row needs a record each', async () => {
  const twin = { key: '5', text: 'twin' };
  expect((await verifyGeo({ rows: [twin, twin], records: [twin, twin] })).equal).toBe(true);
  expect((await verifyGeo({ rows: [twin], records: [twin, twin, twin] })).streams.geo).toMatchObject({
    equal: false,
    duplicate: 2,
    examples: [
      { kind: 'duplicate', key: '5', offset: 1 },
      { kind: 'duplicate', key: '5', offset: 2 },
    ],
  });
  expect((await verifyGeo({ rows: [twin, twin], records: [twin] })).streams.geo).toMatchObject({
    missing: 1,
  });
});

test('rows that swapped their contents are changed', async () => {
  const records = [{ key: '0', text: 'post 1' }, { key: '1', text: 'post 0' }, ...rows.slice(2)];
  expect((await verifyGeo({ rows, records })).streams.geo).toMatchObject({ equal: false, changed: 2 });
});

test('a dead letter accounts for a row, and the digests are those of the other rows', async () => {
  const report = await verifyGeo({
    rows,
    records: rows.slice(1),
    deadLetters: [{ key: '0', text: 'too large' }],
  });
  expect(report.streams.geo).toMatchObject({ equal: true, rows: 4, records: 3, deadLettered: 1, missing: 0 });
  expect(report.equal).toBe(true);
});

test('a dead letter for a row that has a record, or for no row, is stray', async () => {
  const deadLetters = [
    { key: '0', text: '' },
    { key: '999', text: '' },
  ];
  expect((await verifyGeo({ rows, records: rows, deadLetters })).streams.geo).toMatchObject({
    equal: false,
    deadLettered: 0,
    strayDeadLetters: 2,
  });
});

test('different rows without a key need as many different dead letters, which may be repeated', async () => {
  const letter = (text: string) => ({ key: null, text });
  const unkeyedRows = ['a', 'a', 'b'];
  const accounted = await verifyGeo({ unkeyedRows, deadLetters: [letter('a'), letter('b'), letter('b')] });
  expect(accounted.streams.geo).toMatchObject({ equal: true, rows: 3, deadLettered: 3, missing: 0 });
  const repeated = await verifyGeo({ unkeyedRows, deadLetters: [letter('b'), letter('b')] });
  expect(repeated.streams.geo).toMatchObject({ equal: false, rows: 3, missing: 1 });
});

test('names the first few differences of each kind and counts all', async () => {
  const many = Array.from({ length: 1_000 }, (_, index) => ({ key: String(index), text: 'a' }));
  const { geo } = (await verifyGeo({ rows: many })).streams;
  expect(geo.missing).toBe(1_000);
  expect(geo.examples).toHaveLength(5);
});

test('an error of one side is thrown once both have stopped', async () => {
  const streams = emptyStreams();
  const records = { ...memoryRecords(streams), read: async () => Promise.reject(new Error('no broker')) };
  await expect(verify({ userId: 'me', rows: memoryRows(streams), records })).rejects.toThrow('no broker');
});

test('leaves no temporary files', async () => {
  const before = readdirSync(tmpdir());
  await verifyGeo({ rows });
  expect(
    readdirSync(tmpdir()).filter((name) => name.startsWith('verify-') && !before.includes(name)),
  ).toEqual([]);
});

type Edit = 'none' | 'drop' | 'repeat' | 'change' | 'dead-letter';

test('exactly the edits are reported', async () => {
  const edit = fc.constantFrom<Edit>('none', 'none', 'drop', 'repeat', 'change', 'dead-letter');
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { maxLength: 60 }),
      fc.nat(5),
      fc.infiniteStream(fc.nat()),
      async (edits, extras, shuffle) => {
        const tables = edits.map((_, index) => ({ key: String(index), text: `post ${index}` }));
        const records = tables.flatMap((row, index): MemoryItem[] => {
          switch (edits[index]) {
            case 'repeat':
              return [row, row];
            case 'change':
              return [{ ...row, text: 'other' }];
            case 'none':
              return [row];
            default:
              return [];
          }
        });
        for (let extra = 0; extra < extras; extra++) records.push({ key: `9${extra}000`, text: '' });
        const order = new Map(records.map((record) => [record, shuffle.next().value as number]));
        records.sort((a, b) => (order.get(a) as number) - (order.get(b) as number));
        const deadLetters = tables.filter((_, index) => edits[index] === 'dead-letter');
        const { geo } = (await verifyGeo({ rows: tables, records, deadLetters })).streams;
        const count = (wanted: Edit): number => edits.filter((one) => one === wanted).length;
        expect(geo).toMatchObject({
          missing: count('drop'),
          duplicate: count('repeat'),
          changed: count('change'),
          deadLettered: count('dead-letter'),
          strayDeadLetters: 0,
          extra: extras,
        });
        expect(geo.equal).toBe(edits.every((one) => one === 'none' || one === 'dead-letter') && extras === 0);
      },
    ),
  );
});

test('any two multisets are settled as a naive model settles them', async () => {
  const item = fc.record({ key: fc.constantFrom('0', '1', '2'), text: fc.constantFrom('a', 'b', 'c') });
  const letter = fc.record({ key: fc.constantFrom('0', '1', '2'), text: fc.constant('') });
  await fc.assert(
    fc.asyncProperty(fc.array(item), fc.array(item), fc.array(letter), async (some, others, deadLetters) => {
      const { geo } = (await verifyGeo({ rows: some, records: others, deadLetters })).streams;
      const model = naive(some, others, deadLetters);
      expect(geo).toMatchObject(model);
      expect(geo.equal).toBe(
        model.missing + model.extra + model.changed + model.duplicate + model.strayDeadLetters === 0,
      );
      expect(geo.rows - geo.missing - geo.changed - geo.deadLettered).toBe(
        geo.records - geo.extra - geo.changed - geo.duplicate,
      );
    }),
  );
});

/** Crosses out one item after the other, in lists. */
function naive(some: MemoryItem[], others: MemoryItem[], deadLetters: { key: string | null }[]) {
  const rowsLeft = [...some];
  let records = [...others];
  const crossOut = (matches: (row: MemoryItem) => boolean): boolean => {
    const at = rowsLeft.findIndex(matches);
    if (at >= 0) rowsLeft.splice(at, 1);
    return at >= 0;
  };
  records = records.filter(({ key, text }) => !crossOut((row) => row.key === key && row.text === text));
  const unlike = records.filter(({ key, text }) => !some.some((row) => row.key === key && row.text === text));
  const duplicate = records.length - unlike.length;
  const extra = unlike.filter(({ key }) => !crossOut((row) => row.key === key)).length;
  const strayDeadLetters = deadLetters.filter(({ key }) => !crossOut((row) => row.key === key)).length;
  return {
    duplicate,
    extra,
    changed: unlike.length - extra,
    deadLettered: deadLetters.length - strayDeadLetters,
    strayDeadLetters,
    missing: rowsLeft.length,
  };
}
