import fc from 'fast-check';
import { PackedRows } from '../../../lambda/emitter/packed-rows';

const jsonOf = (key: number): string => `{"key":${key},"text":"${'x'.repeat(key % 300)}"}`;

const addRow = (rows: PackedRows, key: number): void =>
  rows.add(Buffer.from(String(key)), Buffer.from(jsonOf(key)));

const textOf = (rows: PackedRows, index: number): string =>
  `${rows.keyOf(index)} ${rows.bytes.toString('latin1', rows.keyEnds[index], rows.ends[index])}`;

/** Some rows of a block, as they were written. */
interface Written {
  readonly rows: PackedRows;
  readonly from: number;
  readonly texts: readonly string[];
}

const isAsWritten = ({ rows, from, texts }: Written): boolean =>
  texts.every((text, index) => textOf(rows, from + index) === text);

test('rows that are not given up stay as they are, whatever other blocks get the memory of those that are', () => {
  const step = fc.record({
    rows: fc.integer({ min: 1, max: 1_200 }),
    /** Whether the next block begins in what is left of the memory. */
    goesOn: fc.boolean(),
    /** The rows are given up in two parts, at a later step. */
    cut: fc.integer({ min: 0, max: 1_200 }),
    picks: fc.array(fc.nat(), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let key = 0;
      let block = new PackedRows();
      const held: Written[] = [];
      for (const { rows, goesOn, cut, picks } of steps) {
        const texts: string[] = [];
        while (texts.length < rows && block.hasRoom(400)) {
          addRow(block, key);
          texts.push(`${key} ${jsonOf(key)}`);
          key += 1;
        }
        const next = goesOn ? block.rest() : new PackedRows();
        held.push(
          { rows: block, from: 0, texts: texts.slice(0, cut) },
          { rows: block, from: Math.min(cut, texts.length), texts: texts.slice(cut) },
        );
        block = next;
        expect(held.every(isAsWritten)).toBe(true);
        for (const pick of picks) {
          const [written] = held.splice(pick % held.length, 1);
          if (written !== undefined && written.texts.length > 0) written.rows.release(written.texts.length);
          if (held.length === 0) break;
        }
      }
    }),
  );
});

test('memory of rows that were given up is used again', () => {
  const first = new PackedRows();
  addRow(first, 1);
  first.release(1);

  const second = new PackedRows();

  expect(second.bytes.buffer).toBe(first.bytes.buffer);
});

test('that of a block with a refused row is not: its key is still read', () => {
  const first = new PackedRows();
  addRow(first, 1);
  first.add(Buffer.from('2'), 'why it is refused');
  first.release(1);

  const others = Array.from({ length: 100 }, () => new PackedRows());

  expect(others.map(({ bytes }) => bytes.buffer)).not.toContain(first.bytes.buffer);
  expect(first.keyOf(1)).toBe(2n);
});

test('a block that grew for one large row leaves nothing of its memory to the next one', () => {
  const first = new PackedRows();
  first.add(Buffer.from('1'), Buffer.alloc(600_000, 'x'));

  const rest = first.rest();
  addRow(rest, 7);

  expect(textOf(rest, 0)).toBe(`7 ${jsonOf(7)}`);
  expect(first.bytes.toString('latin1', 1, 601)).toBe('x'.repeat(600));
});
