import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from 'mysql2';
import type { DatabaseLogin } from '../shared/database-login';
import type { EmitterEnvironment } from '../shared/environment';
import { rowsOf } from '../shared/mysql/rows-of';
import { withDatabase } from '../shared/mysql/with-database';
import { STREAMS, type Stream } from '../shared/streams';
import { type LoadProgress, silentLoad } from './load-progress';
import { keyOfPost, placeAfterKey } from './sample-keys';
import { DEFAULT_SEED, type SampleRow, samplePosts } from './sample-posts';
import { SAMPLE_TABLES } from './sample-tables';

/** Rows of each sample table unless another number is asked for: about what the original had. */
export const DEFAULT_ROWS = 11_154;

/** Options of loading. */
export interface SampleTablesOptions {
  /** Rows of each table. @default 11154 */
  readonly rows?: number;
  /** @default 2022 */
  readonly seed?: number;
  /** TLS of the connection. @default 'off' */
  readonly tls?: EmitterEnvironment['database']['tls'];
  /** @default none */
  readonly progress?: LoadProgress;
}

/** Recreates the three tables, with the first `rows` posts of the seed. */
export async function loadSampleTables(
  owner: DatabaseLogin,
  options: SampleTablesOptions = {},
): Promise<void> {
  const { rows = DEFAULT_ROWS, seed = DEFAULT_SEED, tls = 'off', progress = silentLoad } = options;
  await withDatabase(owner, tls, async (connection) => {
    for (const { name, table } of STREAMS) {
      await rowsOf(connection, { sql: `DROP TABLE IF EXISTS ${table}` });
      await rowsOf(connection, { sql: SAMPLE_TABLES[name] });
    }
  });
  await loadPosts(owner, tls, { seed, from: 0, to: rows, progress });
}

/**
 * Appends posts after the last key of the three tables.
 *
 * @param count how many.
 * @returns the first and the last key that was added.
 */
export async function addSamplePosts(
  owner: DatabaseLogin,
  count: number,
  { seed = DEFAULT_SEED, tls = 'off', progress = silentLoad }: Omit<SampleTablesOptions, 'rows'> = {},
): Promise<{ readonly firstKey: number; readonly lastKey: number }> {
  const last = await withDatabase(owner, tls, async (connection) => {
    const lastKeys = await Promise.all(STREAMS.map((stream) => lastKeyOf(connection, stream)));
    return Math.max(...lastKeys);
  });
  const from = placeAfterKey(seed, last);
  await loadPosts(owner, tls, { seed, from, to: from + count, progress });
  return { firstKey: keyOfPost(seed, from), lastKey: keyOfPost(seed, from + count - 1) };
}

async function lastKeyOf(connection: Connection, { table, keyColumn }: Stream): Promise<number> {
  const [[last] = []] = await rowsOf(connection, { sql: `SELECT MAX(\`${keyColumn}\`) FROM ${table}` });
  return last ? Number(last) : -1;
}

/** A range of posts by their place: `from` to before `to`. */
interface PostRange {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly progress: LoadProgress;
}

/** Loads the three tables concurrently: the server works on one while the rows of another are made. */
async function loadPosts(
  owner: DatabaseLogin,
  tls: EmitterEnvironment['database']['tls'],
  range: PostRange,
): Promise<void> {
  const step = range.progress.step('Loading the sample tables', STREAMS.length * (range.to - range.from));
  const rowOf = samplePosts(range.seed);
  try {
    await Promise.all(
      STREAMS.map(({ name, table }) =>
        withDatabase(owner, tls, (connection) =>
          rowsOf(connection, {
            sql: `LOAD DATA LOCAL INFILE 'sample rows' INTO TABLE ${table} CHARACTER SET utf8mb4`,
            infileStreamFactory: () =>
              Readable.from(linesOf(rowOf[name], range, (rows) => step.advance(rows))),
          }),
        ),
      ),
    );
    step.done(`Loaded ${(range.to - range.from).toLocaleString('en')} rows into each table`);
  } catch (error) {
    step.failed();
    throw error;
  }
}

/** Rows that are made before the server is given them: enough that the bytes fill several of its packets. */
const ROWS_AT_ONCE = 500;

/** The rows as LOAD DATA reads them: fields end with a tab, lines with a line feed. No sample value has one inside. */
async function* linesOf(
  rowOf: (key: number) => SampleRow,
  { seed, from, to }: PostRange,
  onRows: (rows: number) => void,
): AsyncGenerator<Buffer> {
  for (let place = from; place < to; place += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, to - place);
    const lines = Array.from({ length: rows }, (_, i) => `${rowOf(keyOfPost(seed, place + i)).join('\t')}\n`);
    yield Buffer.from(lines.join(''));
    onRows(rows);
    // While the server keeps up, nothing here waits: the other tables' connections would time out, Ctrl-C be ignored.
    await nextTurn();
  }
}
