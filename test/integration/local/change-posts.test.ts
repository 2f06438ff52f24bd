import { createConnection } from 'mysql2/promise';
import { loadSampleTables } from '../../../lambda/sample-loader/load-sample-tables';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { STREAMS } from '../../../lambda/shared/streams';
import { changePosts, insertLatePosts } from '../../../scripts/local/change-posts';
import { testDatabase } from '../../support/servers';

let owner: DatabaseLogin;

beforeEach(async () => {
  ({ owner } = await testDatabase());
  await loadSampleTables(owner, { rows: 200 });
});

/** The rows of each table by their keys. */
async function contents(): Promise<Map<string, string>[]> {
  const connection = await createConnection({ ...owner });
  try {
    const tables: Map<string, string>[] = [];
    for (const { table, keyColumn } of STREAMS) {
      const [rows] = (await connection.query(`SELECT * FROM ${table}`)) as unknown as [
        Record<string, unknown>[],
      ];
      tables.push(new Map(rows.map((row) => [String(row[keyColumn]), JSON.stringify(row)])));
    }
    return tables;
  } finally {
    await connection.end();
  }
}

test('posts that are changed are changed in all three tables, and no other is', async () => {
  const before = await contents();

  const keys = await changePosts(owner, 'change', 10, 7);

  expect(keys).toHaveLength(10);
  for (const [at, table] of (await contents()).entries()) {
    const changed = [...table].filter(([key, row]) => before[at]?.get(key) !== row).map(([key]) => key);
    expect(changed.sort()).toEqual([...keys].sort());
  }
});

test('posts that are deleted are gone from all three tables; the same seed picks the same', async () => {
  const keys = await changePosts(owner, 'delete', 10, 7);
  const left = await contents();
  await loadSampleTables(owner, { rows: 200 });

  expect(await changePosts(owner, 'delete', 10, 7)).toEqual(keys);
  for (const table of left) {
    expect(table.size).toBe(190);
    expect(keys.filter((key) => table.has(key))).toEqual([]);
  }
});

test('late posts have keys between the others, and rows like theirs', async () => {
  const before = await contents();

  const keys = await insertLatePosts(owner, 3, 7);

  expect(keys).toHaveLength(3);
  const last = Math.max(...[...(before[0]?.keys() ?? [])].map(Number));
  for (const [at, table] of (await contents()).entries()) {
    for (const key of keys) {
      expect(before[at]?.has(key)).toBe(false);
      expect(Number(key)).toBeLessThan(last);
      expect(table.get(key)).not.toContain('null');
    }
  }
});

test('of fewer posts than asked for all are changed', async () => {
  expect(await changePosts(owner, 'delete', 1_000, 7)).toHaveLength(200);
  expect(await changePosts(owner, 'change', 5, 7)).toEqual([]);
});
