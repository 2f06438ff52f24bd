import fc from 'fast-check';
import { partitionOfHash, partitionOfKey } from '../../../../lambda/emitter/kafka/key-partition';
import { MAX_ROW_BYTES, rowEncoder } from '../../../../lambda/emitter/messages';
import { PacketEncoder } from '../../../../lambda/emitter/mysql/packet-encoder';
import { PackedRows } from '../../../../lambda/emitter/packed-rows';
import type { Column, ColumnKind, Row } from '../../../../lambda/shared/rows';
import { jsonOrReason, messagesOf } from '../../../support/packed-tables';

/** A value with its length in front of it, as the protocol has it: in 1, 3, 4 or 9 bytes. */
function lengthCoded(value: Buffer | null): Buffer {
  if (value === null) return Buffer.from([0xfb]);
  const { length } = value;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), value]);
  const head = Buffer.alloc(length < 65_536 ? 3 : 4);
  head[0] = length < 65_536 ? 0xfc : 0xfd;
  head.writeUIntLE(length, 1, head.length - 1);
  return Buffer.concat([head, value]);
}

/** Adds rows to blocks as they would come: several packets behind one another, at any place of a buffer. */
function encoded(columns: readonly Column[], keyIndex: number, rows: readonly Row[]): PackedRows[] {
  const encoder = new PacketEncoder(columns, keyIndex);
  const packets = rows.map((row) => Buffer.concat(row.map(lengthCoded)));
  const source = Buffer.concat([Buffer.from('abc'), ...packets]);
  const blocks = [new PackedRows()];
  let start = 3;
  for (const { length } of packets) {
    let block = blocks.at(-1) as PackedRows;
    if (block.count > 0 && !block.hasRoom(encoder.mostBytes(length))) {
      block = block.rest();
      blocks.push(block);
    }
    encoder.add(block, source, start, start + length);
    start += length;
  }
  return blocks;
}

/** What the encoder of whole rows says of them. */
const expected = (columns: readonly Column[], rows: readonly Row[]): string[] => {
  const encode = rowEncoder(columns);
  return rows.map((row) => `${jsonOrReason(() => encode(row))}`);
};

const found = (blocks: readonly PackedRows[]): string[] =>
  blocks.flatMap((rows) =>
    messagesOf([{ rows, from: 0, to: rows.count }]).map(
      ({ value }, index) => rows.refused.get(index) ?? `${value}`,
    ),
  );

const key = fc.oneof(
  fc.bigInt({ min: 0n, max: 9_223_372_036_854_775_806n }),
  fc.bigInt({ min: 0n, max: 2_000_000_000n }),
  fc.constantFrom(0n, 9n, 10n, 999_999_999n, 1_000_000_000n, 2n ** 53n, 9_223_372_036_854_775_806n),
);
const zeros = fc.nat({ max: 3 }).map((count) => '0'.repeat(count));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map((value) => Buffer.from(value.toWellFormed())),
  fc.string({ unit: 'binary-ascii', maxLength: 400 }).map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 12 }).map((value) => Buffer.from(value)),
  fc.constantFrom(
    Buffer.from('x'.repeat(251)),
    Buffer.from('"\\\n'.repeat(7_000)),
    Buffer.from('ä'.repeat(40_000)),
    Buffer.alloc(70_000, 1),
    Buffer.alloc(160_000, 1),
    Buffer.alloc(MAX_ROW_BYTES, 'x'),
  ),
);
const VALUES: Readonly<Record<ColumnKind, fc.Arbitrary<Buffer>>> = {
  number: fc
    .tuple(zeros, fc.constantFrom('', '-'), fc.constantFrom('0', '7', '12.5', '-89.9787', '1e20'))
    .map(([zero, sign, digits]) => Buffer.from(sign === '' ? zero + digits : digits)),
  text,
  datetime: fc.constantFrom(
    ...['2020-08-28', '2020-08-28 03:52:47', '0000-00-00 00:00:00.123456'].map((one) => Buffer.from(one)),
  ),
  timestamp: fc.constantFrom(
    ...['2020-08-28 03:52:47', '2020-08-28 03:52:47.000001'].map((one) => Buffer.from(one)),
  ),
  json: fc.oneof(
    fc.json().map((one) => Buffer.from(one)),
    text,
  ),
  binary: text,
};

/** A table of any columns, its key among them, and rows of it. */
const table = (kinds: readonly ColumnKind[]) =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...kinds), { maxLength: 6 }),
      fc.array(fc.constantFrom(...kinds), { maxLength: 2 }),
      fc.string({ maxLength: 8 }),
    )
    .chain(([behind, before, name]) => {
      const columns: Column[] = [...before, 'number' as const, ...behind].map((kind, index) => ({
        kind,
        name: `${name}"${index}`,
      }));
      const keyIndex = before.length;
      const value = ({ kind }: Column) => fc.option(VALUES[kind], { freq: 5 });
      const row = fc.tuple(key, zeros, fc.tuple(...columns.map(value))).map(([id, zero, values]) => ({
        id,
        row: values.with(keyIndex, Buffer.from(`${zero}${id}`)) as Row,
      }));
      return fc.record({
        columns: fc.constant(columns),
        keyIndex: fc.constant(keyIndex),
        rows: fc.array(row, { maxLength: 30 }),
      });
    });

test.each([
  ['columns that are encoded in place', ['number', 'text', 'datetime', 'timestamp']],
  ['columns of every kind', ['number', 'text', 'datetime', 'timestamp', 'json', 'binary']],
] as const)('%s: the JSON, the keys and the partitions are those of whole rows', (_, kinds) => {
  fc.assert(
    fc.property(table(kinds), ({ columns, keyIndex, rows }) => {
      const blocks = encoded(
        columns,
        keyIndex,
        rows.map(({ row }) => row),
      );

      expect(found(blocks)).toEqual(
        expected(
          columns,
          rows.map(({ row }) => row),
        ),
      );
      const all = blocks.flatMap((block) =>
        Array.from({ length: block.count }, (_, index) => ({
          id: block.keyOf(index),
          hash: block.hashes[index] as number,
        })),
      );
      expect(all.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      for (const { id, hash } of all) expect(partitionOfHash(hash, 7)).toBe(partitionOfKey(`${id}`, 7));
      expect(
        blocks.flatMap((block) =>
          messagesOf([{ rows: block, from: 0, to: block.count }]).map((message) => message.key),
        ),
      ).toEqual(rows.map(({ id }) => `${id}`));
    }),
  );
});

test('a row that needs more than a block makes it grow, and the rows around it stay', () => {
  const columns: Column[] = [
    { name: 'id', kind: 'number' },
    { name: 'text', kind: 'text' },
  ];
  const rows = ['a', '\u0001'.repeat(100_000), 'x'.repeat(MAX_ROW_BYTES), 'y'.repeat(800_000), 'b'].map(
    (value, id): Row => [Buffer.from(`${id}`), Buffer.from(value)],
  );
  const blocks = encoded(columns, 0, rows);

  expect(found(blocks)).toEqual(expected(columns, rows));
  expect(blocks.reduce((sum, { refused }) => sum + refused.size, 0)).toBe(1);
});

test('thousands of rows fill blocks that share memory', () => {
  const columns: Column[] = [
    { name: 'id', kind: 'number' },
    { name: 'text', kind: 'text' },
  ];
  const rows = Array.from(
    { length: 9_000 },
    (_, id): Row => [Buffer.from(`${id}`), Buffer.from(`row "${id}"`)],
  );
  expect(found(encoded(columns, 0, rows))).toEqual(expected(columns, rows));
});

test('blocks that are taken with a few rows each leave room for the next ones in what is left of their memory', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1_024 }), { maxLength: 20 }), (counts) => {
      let block = new PackedRows();
      for (const count of counts) {
        for (let row = 0; row < count; row++) block.add(Buffer.from(`${row}`), Buffer.from('{}'));
        expect(block.keyOf(count - 1)).toBe(BigInt(count - 1));
        const { bytes } = block;
        block = block.rest();
        expect(block.hasRoom(100_000)).toBe(true);
        expect(block.ends.length).toBeGreaterThanOrEqual(1_024);
        if (block.bytes.buffer !== bytes.buffer) expect(block.bytes).toHaveLength(262_144);
      }
    }),
  );
});
