import type { Connection } from 'mysql2';
import { DEFAULT_SEED, samplePosts } from '../../lambda/sample-loader/sample-posts';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { breakConnection, connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../lambda/shared/mysql/rows-of';
import { STREAMS } from '../../lambda/shared/streams';

/** Posts that one second brings, each kind in one transaction. */
export const POSTS_A_SECOND = { inserted: 200, changed: 100, deleted: 10 } as const;

/** Kinds of what is written to a post. */
export type Written = keyof typeof POSTS_A_SECOND;

const ASSIGNMENTS = { pin: `title = CONCAT(title, '!')`, geo: 'latitude = -latitude', user: 'age = age + 1' };

/**
 * Writes to the sample tables at a steady rate. Posts are inserted behind the last one; each post is changed or deleted
 * once, in the order of their keys.
 */
export class SteadyWriter {
  private readonly rowOf = samplePosts(DEFAULT_SEED);
  /** Posts before this place of the keys were changed or deleted. */
  private next = 0;

  private constructor(
    private readonly connection: Connection,
    private readonly keys: number[],
  ) {}

  /** Connects, and reads the keys that there are. */
  static async open(owner: DatabaseLogin): Promise<SteadyWriter> {
    const connection = await connectToDatabase(owner, 'off');
    const rows = await rowsOf(connection, { sql: 'SELECT `index` FROM pinterest_data ORDER BY `index`' });
    return new SteadyWriter(
      connection,
      rows.map(([key]) => Number(key)),
    );
  }

  /**
   * Writes what one second brings.
   *
   * @param onCommitted told the keys of the posts right after their transaction
   */
  async write(onCommitted: (kind: Written, keys: readonly number[]) => void): Promise<void> {
    const last = this.keys.at(-1) ?? -1;
    const inserted = Array.from({ length: POSTS_A_SECOND.inserted }, (_, index) => last + 1 + index);
    await this.transaction(({ name, table }) => ({
      sql: `INSERT INTO ${table} VALUES ?`,
      values: [inserted.map((key) => this.rowOf[name](key))],
    }));
    onCommitted('inserted', inserted);
    this.keys.push(...inserted);

    const changed = this.take(POSTS_A_SECOND.changed);
    await this.transaction(({ name, table, keyColumn }) => ({
      sql: `UPDATE ${table} SET ${ASSIGNMENTS[name]} WHERE \`${keyColumn}\` IN (${changed})`,
    }));
    onCommitted('changed', changed);

    const deleted = this.take(POSTS_A_SECOND.deleted);
    await this.transaction(({ table, keyColumn }) => ({
      sql: `DELETE FROM ${table} WHERE \`${keyColumn}\` IN (${deleted})`,
    }));
    onCommitted('deleted', deleted);
  }

  close(): void {
    breakConnection(this.connection);
  }

  private take(count: number): number[] {
    const keys = this.keys.slice(this.next, this.next + count);
    this.next += count;
    return keys;
  }

  private async transaction(
    statementOf: (stream: (typeof STREAMS)[number]) => { readonly sql: string; readonly values?: unknown[] },
  ): Promise<void> {
    await rowsOf(this.connection, { sql: 'START TRANSACTION' });
    for (const stream of STREAMS) await rowsOf(this.connection, statementOf(stream));
    await rowsOf(this.connection, { sql: 'COMMIT' });
  }
}
