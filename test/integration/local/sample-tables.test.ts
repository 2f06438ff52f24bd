import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import {
  addSamplePosts,
  DEFAULT_ROWS,
  loadSampleTables,
} from '../../../lambda/sample-loader/load-sample-tables';
import { keyOfPost } from '../../../lambda/sample-loader/sample-keys';
import { samplePosts } from '../../../lambda/sample-loader/sample-posts';
import { STREAMS } from '../../../lambda/shared/streams';
import { testDatabase } from '../../support/servers';

/** Runs something with a connection that shows dates as the database prints them. */
async function withConnection<T>(login: object, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection({ ...login, dateStrings: true });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}

const rowsOf = async (connection: Connection, sql: string): Promise<unknown[][]> => {
  const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
  return rows;
};

describe('loading the sample tables', () => {
  test('fills the three tables with the rows of the seed, the same keys in each', async () => {
    const { owner, emitter } = await testDatabase();
    await loadSampleTables(owner, { seed: 5 });

    await withConnection(emitter, async (connection) => {
      const keys = await Promise.all(
        STREAMS.map(({ table, keyColumn }) =>
          rowsOf(connection, `SELECT \`${keyColumn}\` FROM ${table} ORDER BY 1`),
        ),
      );
      expect(keys[0]).toHaveLength(DEFAULT_ROWS);
      expect(keys[1]).toEqual(keys[0]);
      expect(keys[2]).toEqual(keys[0]);

      const posts = samplePosts(5);
      for (const { name, table, keyColumn } of STREAMS) {
        const rows = await rowsOf(connection, `SELECT * FROM ${table} ORDER BY \`${keyColumn}\` LIMIT 2000`);
        expect(rows).toEqual(rows.map((_, place) => posts[name](keyOfPost(5, place))));
      }
    });
  });

  test('begins anew each time', async () => {
    const { owner } = await testDatabase();
    await loadSampleTables(owner, { rows: 7 });
    await loadSampleTables(owner, { rows: 3 });

    const rows = await withConnection(owner, (connection) => rowsOf(connection, 'SELECT ind FROM user_data'));
    expect(rows).toHaveLength(3);
  });

  test('adds posts after the last key, as if more had been loaded at first', async () => {
    const { owner } = await testDatabase();
    await loadSampleTables(owner, { rows: 60 });
    const added = await addSamplePosts(owner, 40);
    const inTwoSteps = await withConnection(owner, (connection) =>
      rowsOf(connection, 'SELECT * FROM pinterest_data ORDER BY `index`'),
    );
    expect(inTwoSteps.filter(([key]) => Number(key) >= added.firstKey)).toHaveLength(40);
    expect(inTwoSteps.at(-1)?.[0]).toBe(added.lastKey);

    await loadSampleTables(owner, { rows: 100 });
    const atOnce = await withConnection(owner, (connection) =>
      rowsOf(connection, 'SELECT * FROM pinterest_data ORDER BY `index`'),
    );
    expect(inTwoSteps).toEqual(atOnce);
  });
});
