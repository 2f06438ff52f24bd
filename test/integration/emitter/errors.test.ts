import { PipelineError } from '../../../lambda/shared/errors';
import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../../lambda/shared/mysql/rows-of';
import { STREAMS, topicOf } from '../../../lambda/shared/streams';
import { freePorts } from '../../../scripts/machine/free-ports';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { ServerProxy } from '../../support/server-proxy';
import { testServers, withAdmin } from '../../support/servers';

const WRONG_PASSWORD = 'hunter2-hunter2';

/** The error that a run ends with. Neither it nor its causes show a password. */
async function errorOf(pipeline: TestPipeline, run: Promise<unknown>): Promise<PipelineError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PipelineError);
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    for (const password of [WRONG_PASSWORD, pipeline.logins.emitter.password]) {
      expect(`${link.stack} ${JSON.stringify(link)}`).not.toContain(password);
    }
  }
  return error as PipelineError;
}

async function expectNothingEmitted(pipeline: TestPipeline): Promise<void> {
  for (const name of [...STREAMS.map((stream) => stream.name), 'dead-letter'] as const) {
    expect(await pipeline.records(name)).toEqual([]);
  }
}

/** Three tables with one row each. */
const withRows = async (): Promise<TestPipeline> => {
  const pipeline = await testPipeline(1);
  await pipeline.sql(
    ...SMALL_TABLES,
    ...STREAMS.map(({ table }) => `INSERT INTO ${table} VALUES (7, 'seven')`),
  );
  return pipeline;
};

const oneRowEach = { emitted: { pin: 1, geo: 1, user: 1 }, deadLettered: 0, caughtUp: true };

describe('a table', () => {
  test.each([
    {
      what: 'that is missing',
      broken: ['RENAME TABLE geolocation_data TO elsewhere'],
      mended: ['RENAME TABLE elsewhere TO geolocation_data'],
      says: /'\w+\.geolocation_data' doesn't exist/,
    },
    {
      what: 'without its key column',
      broken: ['ALTER TABLE geolocation_data RENAME COLUMN ind TO id'],
      mended: ['ALTER TABLE geolocation_data RENAME COLUMN id TO ind'],
      says: /table geolocation_data.*'ind'/,
    },
    {
      what: 'whose key column holds text',
      broken: ['ALTER TABLE geolocation_data MODIFY ind VARCHAR(20)'],
      mended: ['ALTER TABLE geolocation_data MODIFY ind BIGINT'],
      says: /^Column ind of table geolocation_data cannot be a key: allowed: an integer type\.$/,
    },
    {
      what: 'whose key column holds decimals',
      broken: ['ALTER TABLE geolocation_data MODIFY ind DECIMAL(20,0)'],
      mended: ['ALTER TABLE geolocation_data MODIFY ind BIGINT'],
      says: /^Column ind of table geolocation_data cannot be a key: allowed: an integer type\.$/,
    },
  ])('$what ends the run with its name, and the next one goes on', async ({ broken, mended, says }) => {
    const pipeline = await withRows();
    await pipeline.sql(...broken);

    const error = await errorOf(pipeline, pipeline.emit());

    expect(error).toMatchObject({ name: 'TableError', retryable: false });
    expect(error.message).toMatch(says);
    await expectNothingEmitted(pipeline);
    await pipeline.sql(...mended);
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });
});

describe('a topic that is missing', () => {
  test('ends the run at once with its name, and the next one goes on', async () => {
    const pipeline = await withRows();
    const topic = topicOf(pipeline.userId, 'geo');
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));

    const began = performance.now();
    const error = await errorOf(pipeline, pipeline.emit());

    expect(performance.now() - began).toBeLessThan(5_000);
    expect(error).toMatchObject({ name: 'TopicError', retryable: false });
    expect(error.message).toContain(`Missing topics: ${topic}.`);
    await withAdmin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true }),
    );
    await expectNothingEmitted(pipeline);
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });

  test('is found by a warm emitter and by a dry run, too', async () => {
    const pipeline = await withRows();
    await pipeline.emit();
    const topic = topicOf(pipeline.userId, 'user');
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));

    for (const event of [{}, { dryRun: true }]) {
      const began = performance.now();
      const error = await errorOf(pipeline, pipeline.emit(event));
      expect(performance.now() - began).toBeLessThan(5_000);
      expect(error.message).toContain(`Missing topics: ${topic}.`);
    }
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic }], waitForLeaders: true }));
    expect(await pipeline.emit()).toMatchObject({ caughtUp: true });
  });
});

describe('the database', () => {
  test('that is missing is named, and a mended login is read by the same emitter', async () => {
    const pipeline = await withRows();
    pipeline.changeLogin({
      database: 'mysql_no_such_database',
      user: testServers().admin.user,
      password: testServers().admin.password,
    });

    const error = await errorOf(pipeline, pipeline.emit());

    expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false });
    expect(error.message).toContain('mysql_no_such_database');
    await expectNothingEmitted(pipeline);
    pipeline.changeLogin({});
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });

  test('that refuses the password says whose, and a mended login is read by the same emitter', async () => {
    const pipeline = await withRows();
    pipeline.changeLogin({ password: WRONG_PASSWORD });

    const error = await errorOf(pipeline, pipeline.emit());

    expect(error).toMatchObject({ name: 'AccessDeniedError', retryable: false });
    expect(error.message).toContain(`Access denied for user '${pipeline.logins.emitter.user}'`);
    expect(error.message).toContain(pipeline.logins.emitter.database);
    await expectNothingEmitted(pipeline);
    pipeline.changeLogin({});
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });

  test('that does not let the login read a table says which, until it does', async () => {
    const pipeline = await withRows();
    const { database, user } = pipeline.logins.emitter;
    const asAdmin = async (...statements: string[]) => {
      const connection = await connectToDatabase({ ...testServers().admin, database }, 'off');
      for (const sql of statements) await rowsOf(connection, { sql });
      connection.destroy();
    };
    await asAdmin(
      `REVOKE SELECT ON \`${database}\`.* FROM '${user}'@'127.0.0.1'`,
      `GRANT SELECT ON \`${database}\`.pinterest_data TO '${user}'@'127.0.0.1'`,
    );

    const error = await errorOf(pipeline, pipeline.emit());

    expect(error).toMatchObject({ name: 'AccessDeniedError', retryable: false });
    expect(error.message).toContain('SELECT command denied');
    expect(error.message).toContain('geolocation_data');
    await expectNothingEmitted(pipeline);
    await asAdmin(`GRANT SELECT ON \`${database}\`.* TO '${user}'@'127.0.0.1'`);
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });

  test('whose certificate is not Amazon’s is not trusted', async () => {
    const pipeline = await withRows();
    const emitter = pipeline.newEmitter({ DATABASE_TLS: 'rds' });

    const error = await errorOf(pipeline, emitter.handle({}, 120_000));

    expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false });
    expect(error.message).toContain('cannot be trusted');
    await expectNothingEmitted(pipeline);
  });

  test('that is down is named, and used once it is up again', async () => {
    const pipeline = await withRows();
    const proxy = await ServerProxy.to(pipeline.logins.emitter.port);
    pipeline.changeLogin({ port: proxy.port });
    await proxy.stop();

    const error = await errorOf(pipeline, pipeline.emit());

    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain(`127.0.0.1:${proxy.port}/${pipeline.logins.emitter.database}`);
    expect(error.message).toContain('ECONNREFUSED');
    await expectNothingEmitted(pipeline);
    await proxy.start();
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });

  test('that falls silent ends the run before its time is over, and is used once it answers again', async () => {
    const pipeline = await withRows();
    const proxy = await ServerProxy.to(pipeline.logins.emitter.port);
    pipeline.changeLogin({ port: proxy.port });
    await pipeline.emit({ limit: 1 });
    await pipeline.sql("INSERT INTO pinterest_data VALUES (8, 'eight')");
    proxy.freeze();

    const began = performance.now();
    const error = await errorOf(pipeline, pipeline.emit({}, { remainingMs: 21_000 }));

    expect(performance.now() - began).toBeLessThan(21_000);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain('database');
    await proxy.stop();
    await proxy.start();
    expect(await pipeline.emit()).toMatchObject({ emitted: { pin: 1, geo: 0, user: 0 } });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('that holds a table locked ends the run at its deadline', async () => {
    const pipeline = await withRows();
    const locking = await connectToDatabase(pipeline.logins.owner, 'off');
    await rowsOf(locking, { sql: 'LOCK TABLES geolocation_data WRITE' });

    const run = pipeline.emit({ tables: ['geolocation_data'] }, { remainingMs: 21_000 });
    setTimeout(() => locking.destroy(), 2_000);

    expect(await run).toMatchObject({ stopped: 'deadline', emitted: { geo: 0 }, lagKeys: { geo: 8 } });
    expect(await pipeline.emit()).toMatchObject(oneRowEach);
  });
});

describe('Kafka', () => {
  test('that is down at the start ends the run within its time, and is used once it is up', async () => {
    const pipeline = await withRows();
    const [port] = (await freePorts(1)) as [number];
    const emitter = pipeline.newEmitter({ KAFKA_BROKERS: `127.0.0.1:${port}` });

    const began = performance.now();
    const error = await errorOf(pipeline, emitter.handle({}, 14_000));

    expect(performance.now() - began).toBeLessThan(14_000);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain('Kafka');
    await expectNothingEmitted(pipeline);
    await proxyToKafka(port);
    expect(await emitter.handle({}, 120_000)).toMatchObject(oneRowEach);
  });

  test('that is down ends a dry run within its time, too, and is used once it is up', async () => {
    const pipeline = await withRows();
    const [port] = (await freePorts(1)) as [number];
    const emitter = pipeline.newEmitter({ KAFKA_BROKERS: `127.0.0.1:${port}` });

    const error = await errorOf(pipeline, emitter.handle({ dryRun: true }, 14_000));

    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    await proxyToKafka(port);
    expect(await emitter.handle({ dryRun: true }, 120_000)).toMatchObject(oneRowEach);
    expect(await emitter.handle({}, 120_000)).toMatchObject(oneRowEach);
  });

  test('that takes the connection and says nothing ends the run within its time, and is used once it answers', async () => {
    const pipeline = await withRows();
    const silent = await proxyToKafka();
    silent.freeze();
    const emitter = pipeline.newEmitter({ KAFKA_BROKERS: `127.0.0.1:${silent.port}` });

    const began = performance.now();
    const error = await errorOf(pipeline, emitter.handle({}, 14_000));

    expect(performance.now() - began).toBeLessThan(14_000);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain('Kafka');
    await expectNothingEmitted(pipeline);
    await silent.stop();
    await silent.start();
    expect(await emitter.handle({}, 120_000)).toMatchObject(oneRowEach);
  });
});

/** Makes the shared broker answer at a port, as one that has come up there. */
async function proxyToKafka(port?: number): Promise<ServerProxy> {
  const [broker] = testServers().bootstrapServers;
  return await ServerProxy.to(Number(broker?.split(':')[1]), port);
}
