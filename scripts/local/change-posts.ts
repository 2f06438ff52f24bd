import type { Connection } from 'mysql2';
import { rowRandom } from '../../lambda/sample-loader/row-random';
import { samplePosts } from '../../lambda/sample-loader/sample-posts';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { withDatabase } from '../../lambda/shared/mysql/with-database';
import { STREAMS } from '../../lambda/shared/streams';

/** Changes that are made to posts which are in the tables: of each post the rows in all three tables are changed. */
export type PostChange = 'change' | 'delete';

/**
 * Changes or deletes some posts of the sample tables, picked at random, in one transaction.
 *
 * @param count of posts; where there are fewer, all of them
 * @param seed picks the posts
 * @returns the keys, in decimal digits, ascending
 */
export async function changePosts(
  owner: DatabaseLogin,
  change: PostChange,
  count: number,
  seed: number,
): Promise<string[]> {
  return await inTransaction(owner, async (connection) => {
    const { bits } = rowRandom(seed, change === 'change' ? 1 : 2, count);
    const keys = await textsOf(
      connection,
      `SELECT \`index\` FROM (SELECT DISTINCT \`index\` FROM pinterest_data WHERE \`index\` >= 0) AS posts
       ORDER BY RAND(${bits()}) LIMIT ${count}`,
    );
    if (keys.length === 0) return [];
    for (const { table, keyColumn, name } of STREAMS) {
      const which = `WHERE \`${keyColumn}\` IN (${keys.join()})`;
      const sql =
        change === 'delete'
          ? `DELETE FROM ${table} ${which}`
          : `UPDATE ${table} SET ${ASSIGNMENTS[name]} ${which}`;
      await rowsOf(connection, { sql });
    }
    return ascending(keys);
  });
}

/** What a change does to a row. */
const ASSIGNMENTS = {
  pin: `title = CONCAT('Changed: ', title), follower_count = CONCAT(\`index\` % 90 + 10, 'k')`,
  geo: 'timestamp = timestamp + INTERVAL 1 DAY',
  user: 'age = age + 1',
} as const;

/**
 * Inserts posts whose keys lie between those that are there: the first keys that are free.
 *
 * @param seed of the sample posts
 * @returns the keys, in decimal digits, ascending; fewer than asked for where not so many are free
 */
export async function insertLatePosts(owner: DatabaseLogin, count: number, seed: number): Promise<string[]> {
  return await inTransaction(owner, async (connection) => {
    const keys = await textsOf(
      connection,
      `SELECT before_it.\`index\` + 1 FROM pinterest_data AS before_it
       LEFT JOIN pinterest_data AS at_it ON at_it.\`index\` = before_it.\`index\` + 1
       WHERE at_it.\`index\` IS NULL AND before_it.\`index\` < (SELECT MAX(\`index\`) FROM pinterest_data)
       ORDER BY 1 LIMIT ${count}`,
    );
    const rowOf = samplePosts(seed);
    for (const { name, table } of STREAMS) {
      for (const key of keys)
        await rowsOf(connection, {
          sql: `INSERT INTO ${table} VALUES (?)`,
          values: [rowOf[name](Number(key))],
        });
    }
    return ascending(keys);
  });
}

const ascending = (keys: readonly string[]): string[] => [...keys].sort((a, b) => Number(a) - Number(b));

const textsOf = async (connection: Connection, sql: string): Promise<string[]> =>
  (await rowsOf(connection, { sql })).map(([text]) => String(text));

const inTransaction = <T>(owner: DatabaseLogin, work: (connection: Connection) => Promise<T>): Promise<T> =>
  withDatabase(owner, 'off', async (connection) => {
    await rowsOf(connection, { sql: 'START TRANSACTION' });
    const result = await work(connection);
    await rowsOf(connection, { sql: 'COMMIT' });
    return result;
  });
