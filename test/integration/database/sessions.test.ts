import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { STREAMS } from '../../../lambda/shared/streams';
import { saveTables } from '../../../scripts/save-tables';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testDirectory } from '../../support/servers';
import { SessionProxy } from '../../support/session-proxy';

const KEYS = 200;

/** Two rows of each key. */
async function pipelineBehind(proxyOf: (port: number) => Promise<SessionProxy>) {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    ...SMALL_TABLES,
    ...STREAMS.map(
      ({ table }) =>
        `INSERT INTO ${table} SELECT 1 + (seq DIV 2), CONCAT('row ', seq) FROM ${sequence(0, 2 * KEYS - 1)}`,
    ),
  );
  const proxy = await proxyOf(pipeline.logins.emitter.port);
  pipeline.changeLogin({ port: proxy.port });
  return { pipeline, proxy };
}

const everyRow = {
  emitted: { pin: 2 * KEYS, geo: 2 * KEYS, user: 2 * KEYS },
  deadLettered: 0,
  caughtUp: true,
};

const titlesOf = async (pipeline: TestPipeline): Promise<string[]> =>
  (await pipeline.records('pin')).map(({ value }) => JSON.parse(value).title).sort();

const TITLES = Array.from({ length: 2 * KEYS }, (_, at) => `row ${at}`).sort();

describe('a session that somebody resets in between, as a pooling proxy does,', () => {
  test.each(['START TRANSACTION', 'SELECT DATABASE()'])(
    'before %s is noticed, and set up again',
    async (statement) => {
      const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
      // From here on it has its connections, and looks at a session inside its snapshot only.
      await pipeline.emit({ limit: 1 });
      let resets = 0;
      proxy.inject = (sql) => (sql.startsWith(statement) && resets++ === 0 ? 'reset' : undefined);

      expect(await pipeline.emit()).toMatchObject({ stopped: 'caught-up' });

      expect(resets).toBeGreaterThan(1);
      expect(await titlesOf(pipeline)).toEqual(TITLES);
    },
  );

  test('each time is an error that says so, and no row is emitted', async () => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    proxy.inject = (sql) => (sql.startsWith('START TRANSACTION') ? 'reset' : undefined);

    await expect(pipeline.emit()).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringMatching(
        /was reset between two statements, as a proxy may do: .*sql_mode is \S* instead of STRICT_ALL_TABLES/,
      ),
    });

    expect(await pipeline.records('pin')).toEqual([]);
    proxy.inject = () => undefined;
    expect(await pipeline.emit()).toMatchObject(everyRow);
  });
});

describe('a setting that does not take', () => {
  test('is refused by its name, and what it is instead', async () => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    proxy.inject = (sql) =>
      sql.startsWith('SELECT DATABASE()') ? 'SET SESSION sql_select_limit = 7' : undefined;

    await expect(
      connectToDatabase({ ...pipeline.logins.emitter, port: proxy.port }, 'off'),
    ).rejects.toMatchObject({
      name: 'SessionError',
      retryable: false,
      message: expect.stringContaining('sql_select_limit is 7 instead of 18446744073709551615'),
    });
    await expect(pipeline.emit()).rejects.toMatchObject({ name: 'SessionError' });
    expect(await pipeline.records('pin')).toEqual([]);
  });
});

describe('a result that ends before its rows do', () => {
  const limiting = (proxy: SessionProxy, rows: number, pattern: RegExp): void => {
    proxy.inject = (sql) => (pattern.test(sql) ? `SET SESSION sql_select_limit = ${rows}` : undefined);
  };

  // With 201 rows the limit splits a key.
  test.each([0, 201, 2 * KEYS - 1])('after %i rows passes nothing over', async (rows) => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    limiting(proxy, rows, /^SELECT \* FROM .* ORDER BY/);

    await expect(pipeline.emit()).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringMatching(
        /ended the result of table \w+ early: only \d of 2 rows with its last key 200 came/,
      ),
    });

    proxy.inject = () => undefined;
    await pipeline.emit();
    expect(await titlesOf(pipeline)).toEqual(TITLES);
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('is no end of the rows without a usable key', async () => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    await pipeline.sql("INSERT INTO user_data VALUES (NULL, 'a'), (-1, 'b'), (NULL, 'c')");
    limiting(proxy, 2, /^SELECT \* FROM `user_data` WHERE `ind` IS NULL/);

    await expect(pipeline.emit()).rejects.toMatchObject({
      message: expect.stringContaining('only 2 of 3 rows without a usable key came'),
    });

    proxy.inject = () => undefined;
    expect(await pipeline.emit()).toMatchObject({ deadLettered: 3 });
  });

  test('is an error of the comparison', async () => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    limiting(proxy, 100, /^SELECT IF\(/);

    await expect(pipeline.verify(proxy.port)).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringMatching(/returned 100 rows of table \w+, but counts 400 at the same moment/),
    });
  });

  test('gives a saved table away', async () => {
    const { pipeline, proxy } = await pipelineBehind(SessionProxy.to);
    limiting(proxy, 100, /^SELECT \* FROM/);

    const creds = pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string;
    const out = testDirectory();
    const { status, stderr } = await runCommand(saveTables, '--creds', creds, '--out', out, '--no-profile');

    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('has 100 rows, and pinterest_data had 400'),
    });
  });
});
