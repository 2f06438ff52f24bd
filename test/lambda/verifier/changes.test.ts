import fc from 'fast-check';
import type { StreamName } from '../../../lambda/shared/streams';
import type { VerificationReport } from '../../../lambda/verifier/report';
import { type KeysRequest, verify } from '../../../lambda/verifier/verify';
import {
  emptyStreams,
  type MemoryItem,
  type MemoryRecord,
  type MemoryStream,
  memoryRecords,
  memoryRows,
} from './memory-sources';

const verifyGeo = async (
  geo: Partial<MemoryStream>,
  keys?: KeysRequest,
  compacted?: ReadonlySet<StreamName>,
): Promise<VerificationReport['streams']['geo']> => {
  const streams = emptyStreams();
  Object.assign(streams.geo, geo);
  const report = await verify({
    userId: 'me',
    rows: memoryRows(streams),
    records: memoryRecords(streams),
    keys,
    compacted,
  });
  expect(report.equal).toBe(report.streams.geo.equal);
  return report.streams.geo;
};

const row = (key: string, text: string): MemoryItem => ({ key, text });
const change = (op: 'd' | 'u' | 'r', position: bigint | null) => ({
  replaces: op === 'u',
  position,
  time: 0,
});
const only = (key: string, text: string, position: bigint | null = 1n): MemoryRecord => ({
  key,
  text,
  change: change('u', position),
});
const more = (key: string, text: string, position = 1n): MemoryRecord => ({
  key,
  text,
  change: change('r', position),
});
const gone = (key: string, position: bigint | null = 1n): MemoryRecord => ({
  key,
  text: null,
  change: change('d', position),
});

test('a topic that follows updates, deletes and late keys is equal, and its digest is that of the folded topic', async () => {
  const rows = [row('1', 'a'), row('2', 'b2'), row('4', 'late'), row('5', 'x'), row('5', 'y')];
  const records = [
    ...[row('1', 'a'), row('2', 'b'), row('3', 'c'), row('5', 'x')],
    ...[only('2', 'b1', 1n), gone('3', 1n)],
    ...[only('2', 'b2', 2n), only('4', 'late', 2n), gone('5', 2n), more('5', 'x', 2n), more('5', 'y', 2n)],
  ];
  const followed = await verifyGeo({ rows, records });
  expect(followed).toMatchObject({
    equal: true,
    rows: 5,
    records: 11,
    lastKey: '5',
    changes: { keys: 4, superseded: 4, tombstones: 2 },
    examples: [],
  });
  expect(followed.digest).toEqual((await verifyGeo({ rows, records: rows })).digest);
});

test('the last key is also one that is gone, and never a late one', async () => {
  const records = [row('7', 'a'), gone('9'), only('8', 'late')];
  expect(await verifyGeo({ records })).toMatchObject({ lastKey: '9' });
});

test('a topic without any change says nothing of changes', async () => {
  expect(await verifyGeo({ rows: [row('1', 'a')], records: [row('1', 'b')] })).not.toHaveProperty('changes');
});

test('what the fold has is missing, extra or changed', async () => {
  const rows = [row('1', 'a'), row('2', 'b'), row('4', 'd'), row('4', 'd')];
  const records = [row('1', 'a'), gone('1'), only('2', 'old'), gone('3'), only('3', 'c'), only('4', 'd')];
  expect(await verifyGeo({ rows, records })).toMatchObject({
    equal: false,
    missing: 2,
    changed: 1,
    extra: 1,
    duplicate: 0,
    examples: expect.arrayContaining([
      { kind: 'missing', key: '1' },
      { kind: 'missing', key: '4' },
      { kind: 'extra', key: '3', partition: 0, offset: 4 },
      { kind: 'changed', key: '2', partition: 0, offset: 2, column: 'text', row: '"b"', record: '"old"' },
    ]),
  });
});

test('a record that repeats what was said as of the same position is a duplicate; as of a later one it is none', async () => {
  const rows = [row('1', 'a')];
  const twice = [only('1', 'a', 1n), only('1', 'a', 1n)];
  expect(await verifyGeo({ rows, records: twice })).toMatchObject({
    equal: false,
    duplicate: 1,
    examples: [{ kind: 'duplicate', key: '1', partition: 0, offset: 1 }],
  });
  expect(await verifyGeo({ rows, records: [...twice, only('1', 'a', 2n)] })).toMatchObject({ equal: true });
  expect(await verifyGeo({ rows, records: [only('1', 'a', null), only('1', 'a', null)] })).toMatchObject({
    equal: true,
  });
  expect(await verifyGeo({ rows: [], records: [gone('1'), gone('1')] })).toMatchObject({ duplicate: 1 });
});

test('a copy behind a change is added to it, so that it is a duplicate, and reading the key again makes that right', async () => {
  const rows = [row('1', 'a')];
  const records = [row('1', 'a'), only('1', 'a', 1n), row('1', 'a')];
  expect(await verifyGeo({ rows, records })).toMatchObject({ equal: false, duplicate: 1 });
  expect(await verifyGeo({ rows, records: [...records, only('1', 'a', 2n)] })).toMatchObject({ equal: true });
});

test('a compacted topic is equal, also where its tombstones are gone', async () => {
  const rows = [row('1', 'a'), row('2', 'b2')];
  const records = [
    row('1', 'a'),
    only('2', 'b2', 3n),
    { ...only('1', 'old', 1n), partition: 1 },
    { ...only('1', 'a', 2n), partition: 2 },
  ];
  expect(await verifyGeo({ rows, records })).toMatchObject({ equal: true, rows: 2, records: 4 });
});

test('a dead letter of a key that has changed may be one that is not needed any more', async () => {
  const deadLetters = [
    { key: '1', text: 'too large' },
    { key: '1', text: 'still too large' },
  ];
  const fine = { rows: [row('1', 'a')], records: [only('1', 'a')], deadLetters };
  expect(await verifyGeo(fine)).toMatchObject({ equal: true, deadLettered: 0, strayDeadLetters: 0 });
  const dead = {
    rows: [row('1', 'a')],
    records: [gone('1')],
    deadLetters: [...deadLetters, { key: '1', text: 'too large', position: 1n }],
  };
  expect(await verifyGeo(dead)).toMatchObject({ equal: true, deadLettered: 1, strayDeadLetters: 0 });
  const deleted = { rows: [], records: [gone('1')], deadLetters };
  expect(await verifyGeo(deleted)).toMatchObject({ equal: true, deadLettered: 0, strayDeadLetters: 0 });
  const other = { rows: [row('2', 'a')], records: [row('2', 'a'), gone('3')], deadLetters };
  expect(await verifyGeo(other)).toMatchObject({ equal: false, strayDeadLetters: 2 });
  expect(await verifyGeo({ ...dead, deadLetters: [] })).toMatchObject({ equal: false, missing: 1 });
});

test('a dead letter accounts for a row as it was read last, and for no later one of its key', async () => {
  const letter = (position?: bigint | null) => ({ key: '1', text: `read at ${position}`, position });
  const verified = async (records: MemoryRecord[], ...deadLetters: ReturnType<typeof letter>[]) =>
    await verifyGeo({ rows: [row('1', 'lost')], records, deadLetters });
  const lost = { equal: false, missing: 1, deadLettered: 0, strayDeadLetters: 0 };
  const found = { equal: true, missing: 0, deadLettered: 1, strayDeadLetters: 0 };

  expect(await verified([gone('1', 2n)], letter())).toMatchObject(lost);
  expect(await verified([gone('1', 1n), gone('1', 2n)], letter(1n))).toMatchObject(lost);
  expect(await verified([gone('1', 2n)], letter(2n))).toMatchObject(found);
  expect(await verified([gone('1', 1n), gone('1', 2n)], letter(1n), letter(2n))).toMatchObject(found);
  // Where no position is known, none can be outdated.
  expect(await verified([gone('1', null)], letter())).toMatchObject(found);
  expect(await verified([gone('1', 2n)], letter(null))).toMatchObject(found);
  // The tombstone is gone from a compacted topic.
  expect(await verified([], letter(2n))).toMatchObject(found);
});

test('a dead letter that has outlived the tombstone of its key is not stray in a compacted topic', async () => {
  const deadLetters = ['1', '2'].map((key) => ({ key, text: 'too large' }));
  const geo = { rows: [row('2', 'a')], records: [row('2', 'a')], deadLetters };
  expect(await verifyGeo(geo)).toMatchObject({ strayDeadLetters: 2 });
  expect(await verifyGeo(geo, undefined, new Set(['geo']))).toMatchObject({ strayDeadLetters: 1 });
  expect(await verifyGeo(geo, undefined, new Set(['pin']))).toMatchObject({ strayDeadLetters: 2 });
});

/** A key as its table has it, and one of a few things that its topic may have made of it. */
const keyHistory = fc.record({
  copied: fc.option(fc.constantFrom('a', 'b')),
  readings: fc.array(fc.option(fc.constantFrom('a', 'b')), { maxLength: 4 }),
  edit: fc.constantFrom('none', 'none', 'none', 'lost', 'repeated'),
});

test('exactly the keys whose last reading was lost or repeated differ, and the digest is that of the fold', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(keyHistory, { maxLength: 40 }), async (histories) => {
      const rows: MemoryItem[] = [];
      const folded: MemoryItem[] = [];
      const records: MemoryRecord[] = [];
      const differing: string[] = [];
      histories.forEach(({ copied, readings, edit }, index) => {
        const key = String(index);
        const read = (text: string | null, position: bigint): MemoryRecord =>
          text === null ? gone(key, position) : only(key, text, position);
        const said = readings.map((text, at) => read(text, BigInt(at)));
        const lost = edit === 'lost' ? said.pop() : undefined;
        const last = said.at(-1);
        if (edit === 'repeated' && last !== undefined) said.push(last);
        if (copied !== null) records.push(row(key, copied));
        records.push(...said);
        const state = last === undefined ? copied : last.text;
        const current = readings.length === 0 ? copied : (readings.at(-1) ?? null);
        if (current !== null) rows.push(row(key, current));
        if (state !== null) folded.push(row(key, state));
        if ((lost !== undefined && state !== current) || (edit === 'repeated' && last !== undefined))
          differing.push(key);
      });
      const report = await verifyGeo({ rows, records }, { limit: 100 });
      expect(report.differing).toEqual({ keys: differing, hasMore: false });
      expect(report.equal).toBe(differing.length === 0);
      expect(report.digest.topic).toBe((await verifyGeo({ records: folded })).digest.topic);
      expect(report.rows - report.missing - report.changed).toBe(
        report.records -
          (report.changes?.superseded ?? 0) -
          (report.changes?.tombstones ?? 0) -
          report.extra -
          report.changed -
          report.duplicate,
      );
    }),
  );
});

describe('the keys that differ', () => {
  const missing = (...keys: string[]) => keys.map((key) => row(key, 'a'));

  test('are named only on request', async () => {
    expect(await verifyGeo({ rows: missing('1') })).not.toHaveProperty('differing');
    expect((await verifyGeo({ rows: [] }, { limit: 3 })).differing).toEqual({ keys: [], hasMore: false });
  });

  test('are those with any difference, by number', async () => {
    const report = await verifyGeo(
      {
        rows: [...missing('10', '9'), row('3', 'a'), row('5', 'a'), row('6', 'a')],
        records: [row('3', 'b'), row('4', 'extra'), row('5', 'a'), row('5', 'a'), row('6', 'a')],
        deadLetters: [{ key: '8', text: 'stray' }],
      },
      { limit: 10 },
    );
    expect(report.differing).toEqual({ keys: ['3', '4', '5', '8', '9', '10'], hasMore: false });
  });

  test('are none that no row can have', async () => {
    const records = ['', '007', 'x', '9223372036854775807', '12345678901234567890'].map((key) =>
      row(key, 'a'),
    );
    expect(await verifyGeo({ records }, { limit: 10 })).toMatchObject({
      extra: 5,
      differing: { keys: [], hasMore: false },
    });
  });

  test('come in pages, which together have each once', async () => {
    const key = fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n }).map(String);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        async (keys, limit) => {
          const rows = missing(...keys);
          const found: string[] = [];
          for (let hasMore = true; hasMore; ) {
            const { differing } = await verifyGeo(
              { rows },
              { limit, after: { geolocation_data: found.at(-1) } },
            );
            found.push(...(differing?.keys ?? []));
            hasMore = differing?.hasMore === true;
            expect(differing?.keys.length).toBe(hasMore ? limit : differing?.keys.length);
          }
          expect(found).toEqual(keys.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)));
        },
      ),
      { numRuns: 30 },
    );
  });
});
