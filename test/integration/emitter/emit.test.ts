import path from 'node:path';
import { CHUNK_BOUNDS } from '../../../lambda/emitter/chunks';
import { addSamplePosts, loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import { STREAMS } from '../../../lambda/shared/streams';
import { EmitterProcess } from '../../../scripts/local/emitter-process';
import { SMALL_TABLES, sequence, testPipeline } from '../../support/pipeline';
import { testServers } from '../../support/servers';

const rows = (table: string, ...keys: (number | string)[]): string =>
  `INSERT INTO ${table} VALUES ${keys.map((key) => `(${key}, 'row ${key}')`).join(', ')}`;

describe('a full copy', () => {
  test('puts every row of the sample tables into the topics once, then only what is added', async () => {
    const pipeline = await testPipeline();
    await loadSampleTables(pipeline.logins.owner, { rows: 10_000 });

    const first = await pipeline.emit();
    expect(first).toMatchObject({
      userId: pipeline.userId,
      emitted: { pin: 10_000, geo: 10_000, user: 10_000 },
      deadLettered: 0,
      caughtUp: true,
      stopped: 'caught-up',
    });
    expect(await pipeline.verify()).toMatchObject({ equal: true });

    expect(await pipeline.emit()).toMatchObject({ emitted: { pin: 0, geo: 0, user: 0 }, caughtUp: true });

    await addSamplePosts(pipeline.logins.owner, 250);
    expect((await pipeline.emit()).emitted).toEqual({ pin: 250, geo: 250, user: 250 });
    expect((await pipeline.emit({}, { cold: true })).emitted).toEqual({ pin: 0, geo: 0, user: 0 });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('sends the rows of a post to the same partition of each topic', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      ...STREAMS.map(({ table }) => rows(table, ...Array.from({ length: 50 }, (_, key) => key))),
    );
    await pipeline.emit();

    const [pin, geo, user] = await Promise.all(
      STREAMS.map(
        async ({ name }) =>
          new Map((await pipeline.records(name)).map(({ key, partition }) => [key, partition])),
      ),
    );

    expect(pin?.size).toBe(50);
    expect(new Set(pin?.values()).size).toBe(3);
    expect(geo).toEqual(pin);
    expect(user).toEqual(pin);
  });

  test.each([
    ['empty tables', []],
    ['one row', [0]],
    ['gaps', [3, 1_000_000_007, '9007199254740993']],
    ['the largest key', [7, '9223372036854775806']],
  ])('of %s', async (_, keys) => {
    const pipeline = await testPipeline(1);
    await pipeline.sql(...SMALL_TABLES);
    if (keys.length > 0) await pipeline.sql(rows('pinterest_data', ...keys));

    const summary = await pipeline.emit();

    expect(summary.emitted).toEqual({ pin: keys.length, geo: 0, user: 0 });
    expect((await pipeline.records('pin')).map(({ key }) => key)).toEqual(keys.map(String));
    expect((await pipeline.emit()).emitted.pin).toBe(0);
  });
});

describe('a table', () => {
  test('with ties at the border of a chunk, and more rows of one key than a chunk holds', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      `INSERT INTO pinterest_data SELECT 1 + seq DIV 7, CONCAT('row ', seq) FROM ${sequence(0, 19999)}`,
      `INSERT INTO geolocation_data SELECT 5, CONCAT('row ', seq) FROM ${sequence(0, 29999)}`,
    );

    const summary = await pipeline.emit();

    expect(summary).toMatchObject({ emitted: { pin: 20_000, geo: 30_000, user: 0 }, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('of exactly one chunk', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      `INSERT INTO pinterest_data SELECT seq, 'x' FROM ${sequence(1, CHUNK_BOUNDS.rows)}`,
    );

    expect(await pipeline.emit()).toMatchObject({ emitted: { pin: CHUNK_BOUNDS.rows }, caughtUp: true });
    expect((await pipeline.emit()).emitted.pin).toBe(0);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('without an index on its key is read all the same', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      'ALTER TABLE pinterest_data DROP KEY `index`',
      `INSERT INTO pinterest_data SELECT 999 - seq, CONCAT('row ', seq) FROM ${sequence(0, 999)}`,
    );

    expect((await pipeline.emit()).emitted.pin).toBe(1_000);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('with rows of a megabyte is read in little memory', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      'ALTER TABLE pinterest_data MODIFY title LONGTEXT',
      `INSERT INTO pinterest_data SELECT seq, REPEAT('x', 850000) FROM ${sequence(0, 199)}`,
    );
    // A process of its own: what other tests have left in the memory of this one is of no account there.
    const emitter = new EmitterProcess(
      pipeline.variables,
      path.join(testServers().directory, `${pipeline.userId}.log`),
    );
    try {
      const before = (await emitter.invoke({ dryRun: true, limit: 1 })).peakMemoryBytes;
      const { summary, peakMemoryBytes } = await emitter.invoke();

      expect(summary.emitted.pin).toBe(200);
      // All rows together are 170 MB.
      expect(peakMemoryBytes - before).toBeLessThan(120_000_000);
      expect((await emitter.invoke()).summary.emitted.pin).toBe(0);
    } finally {
      await emitter.stop();
    }
  });
});

describe('an event', () => {
  test('with a limit stops there, says how far it is to the end, and the next run goes on', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(...SMALL_TABLES, ...STREAMS.map(({ table }) => rows(table, 1, 2, 3, 4, 5)));

    expect(await pipeline.emit({ limit: 2 })).toMatchObject({
      emitted: { pin: 2, geo: 2, user: 2 },
      checkpoint: { pin: '3', geo: '3', user: '3' },
      lagKeys: { pin: 3, geo: 3, user: 3 },
      caughtUp: false,
      stopped: 'limit',
    });
    expect(await pipeline.emit({ limit: 10 })).toMatchObject({ emitted: { pin: 3 }, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('with `from` and `tables` emits again what it names', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(...SMALL_TABLES, ...STREAMS.map(({ table }) => rows(table, 1, 2, 3)));
    await pipeline.emit();

    expect((await pipeline.emit({ from: 2, tables: ['user_data'] })).emitted).toEqual({
      pin: 0,
      geo: 0,
      user: 2,
    });

    expect((await pipeline.verify()).streams).toMatchObject({
      pin: { equal: true },
      geo: { equal: true },
      user: { duplicate: 2 },
    });
  });

  test('with `dryRun` writes nothing and moves nothing', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(...SMALL_TABLES, rows('pinterest_data', 1, 2, 3));

    expect(await pipeline.emit({ dryRun: true })).toMatchObject({
      dryRun: true,
      emitted: { pin: 3, geo: 0, user: 0 },
    });

    expect(await pipeline.records('pin')).toEqual([]);
    expect((await pipeline.emit()).emitted.pin).toBe(3);
  });

  test('that is wrong is refused by name and nothing is emitted', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(...SMALL_TABLES, rows('pinterest_data', 1));

    await expect(pipeline.emit({ limit: -1 })).rejects.toThrow(
      'limit is -1: allowed: a whole number from 1 on',
    );

    expect(await pipeline.records('pin')).toEqual([]);
  });

  test('that comes 20 s before the timeout or later ends at once and in order', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(...SMALL_TABLES, rows('pinterest_data', 1));

    expect(await pipeline.emit({}, { remainingMs: 20_000.5 })).toMatchObject({
      stopped: 'deadline',
      emitted: { pin: 0 },
    });
    expect(await pipeline.emit()).toMatchObject({ stopped: 'caught-up', emitted: { pin: 1 } });
  });
});

describe('dead letters', () => {
  test('take rows that are too large, and rows without a key', async () => {
    const pipeline = await testPipeline();
    await pipeline.sql(
      ...SMALL_TABLES,
      'ALTER TABLE pinterest_data MODIFY title LONGTEXT',
      rows('pinterest_data', 1, 3),
      "INSERT INTO pinterest_data VALUES (2, REPEAT('x', 1000000))",
      rows('user_data', 'NULL', -5, 1),
    );

    expect(await pipeline.emit()).toMatchObject({
      emitted: { pin: 2, geo: 0, user: 1 },
      deadLettered: 3,
      caughtUp: true,
    });

    const letters = (await pipeline.records('dead-letter')).map(({ value }) => JSON.parse(value));
    expect(letters).toHaveLength(3);
    expect(letters).toEqual(
      expect.arrayContaining([
        {
          table: 'pinterest_data',
          key: '2',
          reason: 'the row takes at least 1000001 bytes, and a message holds 899881',
          row: null,
        },
        {
          table: 'user_data',
          key: null,
          reason: 'column ind is NULL, negative or too large to be a key',
          row: { ind: -5, first_name: 'row -5' },
        },
      ]),
    );
    expect(await pipeline.verify()).toMatchObject({ equal: true });
    expect((await pipeline.emit()).deadLettered).toBe(0);
  });
});
