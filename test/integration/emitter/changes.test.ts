import { createConnection } from 'mysql2/promise';
import { STREAMS } from '../../../lambda/shared/streams';
import { verify } from '../../../scripts/verify';
import { SMALL_TABLES, sequence, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testServers } from '../../support/servers';

/** A pipeline whose tables have the keys 1 to `rows`; all of it is emitted unless told otherwise. */
async function pipelineOf(rows: number, { isEmitted = true } = {}): Promise<TestPipeline> {
  const pipeline = await testPipeline(2);
  await pipeline.sql(
    ...SMALL_TABLES,
    ...STREAMS.map(({ table }) => `INSERT INTO ${table} SELECT seq, 'first' FROM ${sequence(1, rows)}`),
  );
  if (isEmitted) await pipeline.emit();
  return pipeline;
}

async function asAdmin(...statements: string[]): Promise<void> {
  const { host, port, user, password } = testServers().admin;
  const connection = await createConnection({ host, port, user, password });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

const account = ({ logins }: TestPipeline) => `'${logins.emitter.user}'@'127.0.0.1'`;
const revoke = (pipeline: TestPipeline) =>
  asAdmin(`REVOKE REPLICATION SLAVE ON *.* FROM ${account(pipeline)}`);
const grant = (pipeline: TestPipeline) => asAdmin(`GRANT REPLICATION SLAVE ON *.* TO ${account(pipeline)}`);

const mend = ({ userId, variables }: TestPipeline) =>
  runCommand(
    verify,
    '--mend',
    ...['--creds', variables['DATABASE_CREDENTIALS_FILE'] as string],
    ...['--brokers', testServers().bootstrapServers.join(','), '--user-id', userId],
  );

const each = <T>(value: T) => ({ pin: value, geo: value, user: value });
const change = (pipeline: TestPipeline) =>
  pipeline.sql(
    "UPDATE pinterest_data SET title = 'new' WHERE `index` < 3",
    'DELETE FROM geolocation_data WHERE ind = 2',
    'UPDATE user_data SET ind = 0 WHERE ind = 3',
  );

describe('a login that may not read the log', () => {
  test('copies rows, says which grant is missing, and is reconciled by --mend', async () => {
    const pipeline = await pipelineOf(50, { isEmitted: false });
    await revoke(pipeline);
    const { changes, emitted } = await pipeline.emit();
    expect(emitted).toEqual(each(50));
    for (const text of Object.values(changes)) {
      expect(text).toMatch(/^copied-only \(/);
      expect(text).toContain('GRANT REPLICATION SLAVE');
    }
    await change(pipeline);
    expect(await pipeline.verify()).toMatchObject({ equal: false });

    expect(await mend(pipeline)).toMatchObject({ status: 0 });

    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('any more, ends the run by name, and nothing is lost', async () => {
    const pipeline = await pipelineOf(50);
    await change(pipeline);
    await revoke(pipeline);
    await expect(pipeline.emit({}, { cold: true })).rejects.toMatchObject({
      name: 'LogRefusedError',
      retryable: false,
    });

    await grant(pipeline);

    expect(await pipeline.emit()).toMatchObject({ changes: each('followed'), followed: { pin: 2 } });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });
});

describe('a pipeline that was deployed before', () => {
  test('follows from now on, says what to do about the past, and emits no row again', async () => {
    const pipeline = await pipelineOf(50, { isEmitted: false });
    const copying = pipeline.newEmitter({ CHANGES: 'copy' });
    expect(await copying.handle({}, 120_000)).toMatchObject({
      changes: each('copied-only (CHANGES is copy)'),
    });
    await pipeline.sql("UPDATE pinterest_data SET title = 'before' WHERE `index` = 1");

    const { changes, emitted } = await pipeline.emit();

    expect(emitted).toEqual(each(0));
    expect(changes).toEqual(each('reconcile (what changed before this table was followed)'));
    await change(pipeline);
    expect(await pipeline.emit()).toMatchObject({ followed: { pin: 2, geo: 1, user: 2 } });
    expect(await mend(pipeline)).toMatchObject({ status: 0 });
    expect(await pipeline.emit()).toMatchObject({ changes: each('followed') });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });
});

describe('what the log does not tell', () => {
  test.each([
    ['TRUNCATE', ['TRUNCATE pinterest_data', "INSERT INTO pinterest_data VALUES (2, 'again')"]],
    ['ALTER', ['ALTER TABLE pinterest_data ADD COLUMN more INT DEFAULT 7']],
    [
      'RENAME',
      [
        'CREATE TABLE other LIKE pinterest_data',
        'RENAME TABLE pinterest_data TO old, other TO pinterest_data',
      ],
    ],
  ])(
    '%s is a loss by name, later changes are followed, and --mend makes up for it',
    async (word, statements) => {
      const pipeline = await pipelineOf(50);
      await pipeline.sql(...statements, 'DELETE FROM user_data WHERE ind = 7');

      const lost = await pipeline.emit();

      expect(lost.changes).toMatchObject({ pin: expect.stringContaining(word), user: 'followed' });
      expect(lost.changes.pin).toMatch(/^reconcile \(/);
      expect(lost.losses).toEqual({ pin: expect.any(String) });
      await pipeline.sql("INSERT INTO pinterest_data (`index`, title) VALUES (1, 'late'), (99, 'new')");
      expect(await pipeline.emit()).toMatchObject({ followed: { pin: 1 }, emitted: { pin: 1 } });
      expect(await mend(pipeline)).toMatchObject({ status: 0 });
      expect(await pipeline.emit()).toMatchObject({ changes: each('followed'), losses: {} });
      expect(await pipeline.verify()).toMatchObject({ equal: true });
    },
  );

  test('harmless statements are no loss', async () => {
    const pipeline = await pipelineOf(50);
    await pipeline.sql(
      'CREATE INDEX more ON pinterest_data (title(10))',
      'ANALYZE TABLE pinterest_data',
      'CREATE TABLE pinterest_data_too AS SELECT * FROM pinterest_data',
      'TRUNCATE pinterest_data_too',
    );

    expect(await pipeline.emit()).toMatchObject({ changes: each('followed') });
  });
});

test('a table without an index on its key is followed with one scan, and that is told once', async () => {
  const pipeline = await pipelineOf(500, { isEmitted: false });
  await pipeline.sql('ALTER TABLE pinterest_data DROP KEY `index`');
  await pipeline.emit();
  await pipeline.sql("UPDATE pinterest_data SET title = 'new' WHERE `index` IN (3, 77, 499)");

  expect(await pipeline.emit()).toMatchObject({ followed: { pin: 3 } });

  expect(await pipeline.verify()).toMatchObject({ equal: true });
});

test('keys of an event are read again, twice if it is sent twice, and the topics stay equal', async () => {
  const pipeline = await pipelineOf(50);
  const keys = { pinterest_data: ['1', 2, '50', '51'], user_data: ['7'] };

  for (let time = 0; time < 2; time++)
    expect(await pipeline.emit({ keys })).toMatchObject({
      followed: { pin: 3, geo: 0, user: 1 },
      emitted: each(0),
    });

  const records = await pipeline.records('pin');
  expect(records.filter(({ op }) => op === 'u')).toHaveLength(6);
  expect(await pipeline.verify()).toMatchObject({ equal: true });
});

test('more keys than one statement looks up, dense and far apart, are all read again', async () => {
  const pipeline = await pipelineOf(9_000);
  await pipeline.sql(
    "UPDATE pinterest_data SET title = 'dense' WHERE `index` BETWEEN 10 AND 5000",
    "UPDATE user_data SET first_name = 'sparse' WHERE ind % 9 = 0",
    'DELETE FROM geolocation_data',
  );

  expect(await pipeline.emit()).toMatchObject({ followed: { pin: 4_991, geo: 9_000, user: 1_000 } });

  expect(await pipeline.verify()).toMatchObject({ equal: true });
});
