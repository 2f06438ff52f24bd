import { type ChunksEnd, chunks } from '../../../lambda/emitter/chunks';
import type { Checkpoint, ChunkBounds } from '../../../lambda/emitter/ports';
import type { SentChunk } from '../../../lambda/emitter/send-chunks';
import { type PerStream, perStream, STREAMS, type StreamName } from '../../../lambda/shared/streams';
import { type MemoryRow, MemoryTables, UNEMITTABLE } from '../../support/in-memory';
import { messagesOf } from '../../support/packed-tables';

const start: Checkpoint = perStream(() => ({ nextKey: 0n, unkeyed: '' }));
const roomy: ChunkBounds = { rows: 1_000, bytes: 1_000_000 };

const rows = (...keys: number[]): MemoryRow[] => keys.map((key) => ({ key: BigInt(key), text: `${key}` }));

/** Cuts tables into chunks; a table that is not given takes no part. */
async function cut(
  tables: Partial<PerStream<MemoryRow[]>>,
  bounds: Partial<ChunkBounds> = {},
  limit = Number.POSITIVE_INFINITY,
): Promise<{ found: SentChunk[]; end: ChunksEnd }> {
  const reader = new MemoryTables({ pin: [], geo: [], user: [], ...tables });
  const taking = STREAMS.filter(({ name }) => tables[name] !== undefined);
  const sources = await Promise.all(
    taking.map(async (stream) => ({ stream, rows: await reader.rowsFrom(stream, 0n) })),
  );
  const found: SentChunk[] = [];
  const cutting = chunks(sources, start, limit, { ...roomy, ...bounds });
  for (;;) {
    const chunk = await cutting.next();
    if (chunk.done === true) return { found, end: chunk.value };
    found.push(chunk.value);
  }
}

const keysOf = (chunk: SentChunk, name: StreamName) =>
  messagesOf(chunk.batch.rows?.[name]).map(({ key }) => Number(key));
const nextKeysOf = ({ checkpoint }: SentChunk) =>
  checkpoint && perStream(({ name }) => Number(checkpoint[name].nextKey));

test('no rows make no chunk', async () => {
  expect(await cut({ pin: [], geo: [], user: [] })).toEqual({ found: [], end: 'end-of-tables' });
});

test('a chunk ends with the first key that fills it with rows', async () => {
  const { found } = await cut({ pin: rows(1, 2, 3, 4, 5) }, { rows: 2 });
  expect(found.map((chunk) => keysOf(chunk, 'pin'))).toEqual([[1, 2], [3, 4], [5]]);
  expect(found.map(nextKeysOf)).toEqual([
    { pin: 3, geo: 0, user: 0 },
    { pin: 5, geo: 0, user: 0 },
    { pin: 6, geo: 0, user: 0 },
  ]);
});

test('a chunk ends with the first key that fills it with bytes', async () => {
  const long = (key: number): MemoryRow => ({ key: BigInt(key), text: 'x'.repeat(500) });
  const { found } = await cut({ pin: [long(1), long(2), long(3), ...rows(4)] }, { bytes: 1_000 });
  expect(found.map((chunk) => keysOf(chunk, 'pin'))).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test('the rows of one key, in whatever tables, share a chunk although it is over-full then', async () => {
  const { found } = await cut({ pin: rows(1, 2, 2, 2), geo: rows(2, 2, 3), user: rows(2) }, { rows: 4 });
  expect(found).toHaveLength(2);
  expect(found.map((chunk) => perStream(({ name }) => keysOf(chunk, name)))).toEqual([
    { pin: [1, 2, 2, 2], geo: [2, 2], user: [2] },
    { pin: [], geo: [3], user: [] },
  ]);
});

test('a key with more rows than two chunks hold comes in pieces, and only the last one has a checkpoint', async () => {
  const { found } = await cut({ pin: rows(7, 7, 7, 7, 7), geo: rows(7, 8) }, { rows: 2 });
  expect(found.map((chunk) => [keysOf(chunk, 'pin'), keysOf(chunk, 'geo')])).toEqual([
    [[7, 7, 7, 7], []],
    [[7], [7]],
    [[], [8]],
  ]);
  expect(found.map(nextKeysOf)).toEqual([
    undefined,
    { pin: 8, geo: 8, user: 0 },
    { pin: 8, geo: 9, user: 0 },
  ]);
  expect(found.map(({ tally }) => tally.posts)).toEqual([1, 0, 1]);
});

test('the limit counts distinct keys over all tables, and the last of them is whole', async () => {
  const { found, end } = await cut({ pin: rows(1, 3, 3, 5), geo: rows(2, 3, 4) }, {}, 3);
  expect(end).toBe('limit');
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ tally: { emitted: { pin: 3, geo: 2, user: 0 }, posts: 3 } });
  expect(found[0] && nextKeysOf(found[0])).toEqual({ pin: 4, geo: 4, user: 0 });
});

test('a limit that ends with the tables is the end of the tables', async () => {
  expect((await cut({ pin: rows(1, 2) }, {}, 2)).end).toBe('end-of-tables');
});

test('a limit that is used up makes no chunk', async () => {
  expect(await cut({ pin: rows(1) }, {}, 0)).toEqual({ found: [], end: 'limit' });
});

test('a table that lags behind catches up alone, and then goes along with the others', async () => {
  const { found } = await cut({ pin: rows(8, 9), geo: rows(1, 2, 3, 8, 9) }, { rows: 3 });
  expect(found.map((chunk) => perStream(({ name }) => keysOf(chunk, name)))).toEqual([
    { pin: [], geo: [1, 2, 3], user: [] },
    { pin: [8, 9], geo: [8, 9], user: [] },
  ]);
  expect(found[0] && nextKeysOf(found[0])).toEqual({ pin: 0, geo: 4, user: 0 });
});

test('a row that cannot be emitted is a dead letter of its chunk, and moves the checkpoint like others', async () => {
  const { found } = await cut({ user: [...rows(1), { key: 2n, text: UNEMITTABLE }] });
  expect(found[0]).toMatchObject({ tally: { emitted: { user: 1 }, deadLettered: 1 } });
  expect(found[0]?.batch.deadLetters.map(({ key }) => key)).toEqual(['user_data:2']);
  expect(found[0] && nextKeysOf(found[0])).toEqual({ pin: 0, geo: 0, user: 3 });
});
