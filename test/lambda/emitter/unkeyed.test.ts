import type { DeadLetter } from '../../../lambda/emitter/dead-letters';
import { MAX_ROW_BYTES } from '../../../lambda/emitter/messages';
import type { TableRows } from '../../../lambda/emitter/ports';
import { fingerprintOf, unkeyedDeadLetters } from '../../../lambda/emitter/unkeyed';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from '../../../lambda/shared/message';
import type { Row } from '../../../lambda/shared/rows';
import { STREAMS } from '../../../lambda/shared/streams';

const [pin] = STREAMS;

/** A table read in batches of two. */
function table(...rows: Row[]): TableRows {
  const batches = async function* (): AsyncGenerator<Row[], undefined> {
    for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2);
    return undefined;
  };
  return {
    columns: [
      { name: 'index', kind: 'number' },
      { name: 'title', kind: 'text' },
    ],
    keyIndex: 0,
    batches: batches(),
  };
}

const row = (key: string | null, title: string): Row => [
  key === null ? null : Buffer.from(key),
  Buffer.from(title),
];

async function lettersOf(rows: TableRows, bounds = { rows: 100, bytes: 10_000_000 }) {
  const pieces: (readonly Message[])[] = [];
  const reading = unkeyedDeadLetters(pin, rows, bounds);
  for (;;) {
    const piece = await reading.next();
    if (piece.done === true) return { pieces, fingerprint: piece.value };
    pieces.push(piece.value);
  }
}
const contentOf = ({ value }: Message): DeadLetter => JSON.parse(`${value}`) as DeadLetter;

describe('the fingerprint of rows without a key', () => {
  test('is empty for none', async () => expect(await fingerprintOf(table())).toBe(''));

  test('does not depend on their order', async () => {
    const rows = [row(null, 'a'), row('-1', 'b'), row(null, 'c')];
    expect(await fingerprintOf(table(...rows))).toBe(await fingerprintOf(table(...rows.toReversed())));
  });

  test.each([
    ['one more', [row(null, 'a'), row(null, 'b'), row(null, 'b')]],
    ['one less', [row(null, 'a')]],
    ['another value', [row(null, 'a'), row(null, 'c')]],
    ['another key', [row(null, 'a'), row('-1', 'b')]],
    ['NULL instead of text', [row(null, 'a'), [null, null]]],
    ['a value in another column', [row(null, 'a'), [Buffer.from('b'), null]]],
    ['values that flow into each other', [row(null, 'a'), row('b', '')]],
  ])('is another one with %s', async (_, rows) => {
    const before = await fingerprintOf(table(row(null, 'a'), row(null, 'b')));
    expect(await fingerprintOf(table(...rows))).not.toBe(before);
  });

  test('fits into the metadata of a committed offset', async () => {
    const rows = Array.from({ length: 1_000 }, (_, index) => row(null, `${index}`));
    expect((await fingerprintOf(table(...rows))).length).toBeLessThan(40);
  });
});

describe('the dead letters of rows without a key', () => {
  test('carry table, reason and row, and give the fingerprint', async () => {
    const rows = [row(null, 'a'), row('-9223372036854775808', 'b')];
    const { pieces, fingerprint } = await lettersOf(table(...rows));

    expect(fingerprint).toBe(await fingerprintOf(table(...rows)));
    expect(pieces.flat().map(contentOf)).toEqual([
      {
        table: 'pinterest_data',
        key: null,
        reason: 'column index is NULL, negative or too large to be a key',
        row: { index: null, title: 'a' },
      },
      expect.objectContaining({ key: null, row: expect.objectContaining({ title: 'b' }) }),
    ]);
    expect(`${pieces.flat()[1]?.value}`).toContain('"index":-9223372036854775808');
  });

  test('are the same for the same row, and others for another', async () => {
    const { pieces } = await lettersOf(table(row(null, 'a'), row(null, 'a'), row(null, 'b')));
    const [first, second, third] = pieces.flat();
    expect(first).toEqual(second);
    expect(first?.key).not.toBe(third?.key);
  });

  test('come in pieces of bounded rows and bytes', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => row(null, `${index}`));
    const byRows = await lettersOf(table(...rows), { rows: 3, bytes: 10_000_000 });
    const byBytes = await lettersOf(table(...rows), { rows: 100, bytes: 1 });

    expect(byRows.pieces.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(byBytes.pieces.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  test('leave the row out where it has no JSON form or makes the message too large', async () => {
    const broken: Row = [null, Buffer.from([0xff])];
    const tooLarge: Row = [null, Buffer.alloc(MAX_ROW_BYTES + 1, 'x')];
    const tooLargeWithReason: Row = [null, Buffer.alloc(MAX_ROW_BYTES - 40, 'x')];
    const { pieces } = await lettersOf(table(broken, tooLarge, tooLargeWithReason));

    for (const letter of pieces.flat()) {
      expect(contentOf(letter).row).toBeNull();
      expect(messageBytes(letter)).toBeLessThan(MAX_MESSAGE_BYTES);
    }
  });
});
