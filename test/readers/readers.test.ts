import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { serverFiles } from '../../scripts/local/downloads';
import { silentProgress } from '../../scripts/terminal/progress';
import { testDirectory, testServers } from '../support/servers';
import { ABORTED_RECORDS, type EmittedRun, emittedRun, NEVER_COMMITTED } from './emitted-run';
import { fold, type ReadRecord, recordsOfConsole, recordsOfJson, recordsOfKcat } from './printed-records';
import { type Change, runRecipe } from './recipe';

/** Programs of others read the topics, as the recipes in this folder have them. */

const { missingProgram } = jest.requireActual<{
  readonly missingProgram: (name: string) => string | undefined;
}>('../support/jest/left-out');

jest.setTimeout(300_000);

let run: EmittedRun;

beforeAll(async () => {
  run = await emittedRun();
});

/** Tests that need a program; where it is missing they are left out, by name. */
function describeWith(program: 'Python' | 'kcat', name: string, tests: () => void): void {
  const missing = missingProgram(program);
  if (missing === undefined) describe(name, tests);
  else describe.skip(`${name} (needs ${missing})`, tests);
}

const read = (recipe: string, change?: Change): Promise<string> =>
  runRecipe(recipe, [testServers().bootstrapServers.join(','), run.topic], change);

const aborted = (records: readonly ReadRecord[]): ReadRecord[] =>
  records.filter(({ row }) => row?.['title'] === NEVER_COMMITTED);

/** Expects the table's rows, from records of which some are replaced by others. */
function expectTable(records: readonly ReadRecord[]): void {
  expect(fold(records)).toEqual(run.rows);
  expect(records.length).toBeGreaterThan(run.rows.length);
  expect(records.filter(({ row }) => row === null).length).toBeGreaterThan(0);
  expect(aborted(records)).toEqual([]);
}

describeWith('Python', 'confluent-kafka', () => {
  const recipe = 'confluent-kafka.py';
  const setting = '"isolation.level": "read_committed",';

  test('reads the table', async () => {
    expectTable(recordsOfJson(await read(recipe)));
  });

  test('reads what is committed without the setting, too', async () => {
    expectTable(recordsOfJson(await read(recipe, { setting, instead: '' })));
  });

  test('reads aborted records with the other setting', async () => {
    const instead = setting.replace('read_committed', 'read_uncommitted');

    expect(aborted(recordsOfJson(await read(recipe, { setting, instead })))).toHaveLength(
      2 * ABORTED_RECORDS,
    );
  });
});

describeWith('Python', 'kafka-python', () => {
  const recipe = 'kafka-python.py';

  test('reads the table', async () => {
    expectTable(recordsOfJson(await read(recipe)));
  });

  test('reads aborted records without the setting', async () => {
    const change = { setting: '    isolation_level="read_committed",\n', instead: '' };

    expect(aborted(recordsOfJson(await read(recipe, change)))).toHaveLength(2 * ABORTED_RECORDS);
  });

  test('reads nothing without the package for zstd', async () => {
    const change = { setting: 'import sys\n', instead: 'import sys\n\nsys.modules["zstandard"] = None\n' };

    await expect(read(recipe, change)).rejects.toMatchObject({ stderr: expect.stringContaining('zstd') });
  });
});

describe('Kafka’s console consumer', () => {
  const recipe = 'console-consumer.sh';

  /** With the jars of the version that the tests run. */
  async function consume(change?: Change): Promise<ReadRecord[]> {
    const { kafkaClassPath } = await serverFiles(silentProgress);
    const args = [testServers().bootstrapServers.join(','), run.topic, path.dirname(kafkaClassPath)];
    return recordsOfConsole(await runRecipe(recipe, args, change));
  }

  test('reads the table, and aborted records without the setting', async () => {
    const change = { setting: '--isolation-level read_committed', instead: '' };
    // At once, because both end by waiting.
    const [records, withoutSetting] = await Promise.all([consume(), consume(change)]);

    expectTable(records);
    expect(aborted(withoutSetting)).toHaveLength(2 * ABORTED_RECORDS);
  });
});

describeWith('kcat', 'kcat', () => {
  const recipe = 'kcat.sh';
  const setting = '-X isolation.level=read_committed';

  test('reads the table', async () => {
    expectTable(recordsOfKcat(await read(recipe)));
  });

  test('reads what is committed without the setting, too', async () => {
    expectTable(recordsOfKcat(await read(recipe, { setting, instead: '' })));
  });
});

describe('kafkajs', () => {
  const consume = async (change?: Change): Promise<ReadRecord[]> =>
    recordsOfJson(await read('kafkajs.ts', change));

  test('reads the table, and records of an aborted transaction without the correction', async () => {
    const change = { setting: 'hideAbortedFromConsumers();\n', instead: '' };
    // At once, because both end by waiting.
    const [records, withoutCorrection] = await Promise.all([consume(), consume(change)]);

    expectTable(records);
    // Those of the transaction that began earlier and was aborted later.
    expect(aborted(withoutCorrection)).toHaveLength(ABORTED_RECORDS);
  });

  test('reads nothing without a codec for zstd', async () => {
    const change = { setting: 'CompressionTypes.ZSTD', instead: 'CompressionTypes.LZ4' };

    expect(await consume(change)).toEqual([]);
  });
});

describeWith('Python', 'DuckDB', () => {
  test('has the table, from a copy of the topic', async () => {
    const folder = testDirectory();
    mkdirSync(folder, { recursive: true });
    const [copy, table] = [path.join(folder, 'pin.jsonl'), path.join(folder, 'pin.csv')];
    writeFileSync(copy, await read('confluent-kafka.py'));
    await runRecipe('duckdb-table.py', [copy, table]);
    const rows: Record<string, string>[] = parse(readFileSync(table), { columns: true });

    const texts = (row: object): string =>
      Object.values(row)
        .map((value) => `${value ?? ''}`)
        .join('\t');
    expect(rows.map(texts).sort()).toEqual(run.rows.map((row) => texts(JSON.parse(row))).sort());
  });
});
