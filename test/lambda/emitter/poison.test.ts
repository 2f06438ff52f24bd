import { perStream, STREAMS, type StreamName } from '../../../lambda/shared/streams';
import { emitWith } from '../../support/emit-with';
import { MemoryKafka, type MemoryRow, MemoryTables, UNEMITTABLE } from '../../support/in-memory';

/** Rows of a chunk; with three tables of the same keys a chunk ends after two keys. */
const CHUNK_ROWS = 6;

/** Keys of each table: three chunks and a half. */
const KEYS = [1, 2, 3, 4, 5, 6, 7];

const POISONS: readonly [string, (key: number) => MemoryRow][] = [
  ['that is too large or not text', (key) => ({ key: BigInt(key), text: UNEMITTABLE })],
  ['without a key', () => ({ key: null, text: 'poison' })],
  ['with a negative key', () => ({ key: -1n, text: 'poison' })],
  ['with a key above 2^63 - 2', () => ({ key: 9_223_372_036_854_775_807n, text: 'poison' })],
];

const places = STREAMS.flatMap(({ name }) => KEYS.map((key) => ({ name, key })));

async function run(tables: MemoryTables, kafka: MemoryKafka) {
  const publisher = kafka.producer();
  return await emitWith({
    reader: tables,
    publisherOf: () => publisher,
    bounds: { rows: CHUNK_ROWS, bytes: 1_000_000 },
  });
}

/** The tables, with one row, or all of a table's, made unfit. */
const tablesWith = (
  poison: (key: number) => MemoryRow,
  isPoisoned: (name: StreamName, key: number) => boolean,
) =>
  new MemoryTables(
    perStream(({ name }) =>
      KEYS.map((key) => (isPoisoned(name, key) ? poison(key) : { key: BigInt(key), text: `row ${key}` })),
    ),
  );

describe.each(POISONS)('a row %s', (_, poison) => {
  test.each(places)(
    'in place of key $key of $name is a dead letter, once, and no other row is',
    async (place) => {
      const isPoisoned = (name: StreamName, key: number) => name === place.name && key === place.key;
      const tables = tablesWith(poison, isPoisoned);
      const kafka = new MemoryKafka();

      const outcome = await run(tables, kafka);

      expect(outcome).toMatchObject({ deadLettered: 1, stopped: 'caught-up' });
      expect(kafka.committed.deadLetters).toHaveLength(1);
      for (const { name } of STREAMS) {
        const good = KEYS.filter((key) => !isPoisoned(name, key));
        expect(kafka.committed[name].map(({ key }) => Number(key))).toEqual(good);
      }
      expect(await run(tables, kafka)).toMatchObject({
        deadLettered: 0,
        emitted: { pin: 0, geo: 0, user: 0 },
      });
    },
  );

  test('in every place: all are dead letters, and the run still ends', async () => {
    const kafka = new MemoryKafka();

    const outcome = await run(
      tablesWith(poison, () => true),
      kafka,
    );

    expect(outcome).toMatchObject({
      deadLettered: places.length,
      emitted: { pin: 0, geo: 0, user: 0 },
      stopped: 'caught-up',
    });
  });
});
