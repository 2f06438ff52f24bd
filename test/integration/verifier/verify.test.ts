import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer, type Transaction } from 'kafkajs';
import type { Connection } from 'mysql2';
import { createConnection, type Connection as OwnerConnection } from 'mysql2/promise';
import { stringify } from 'yaml';
import {
  GROUP_IS_YOUNG,
  TRANSACTION_IS_ENDING,
  whileTransient,
} from '../../../lambda/shared/kafka/transient';
import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { deadLetterTopicOf, topicOf } from '../../../lambda/shared/streams';
import { committedOffsetRanges } from '../../../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../../../lambda/verifier/read-offset-ranges';
import type { VerificationReport } from '../../../lambda/verifier/report';
import { verifyPipeline } from '../../../lambda/verifier/verify-pipeline';
import type { DatabaseLogins } from '../../../scripts/local/database-logins';
import {
  testDatabase,
  testDirectory,
  testKafka,
  testServers,
  testUserId,
  uniqueName,
  withAdmin,
} from '../../support/servers';

/** A message as the contract has it, written by hand. */
interface Message {
  readonly key: string;
  readonly value: string | null;
}

const onMariaDb = testServers().flavor === 'mariadb' ? test : test.skip;

let logins: DatabaseLogins;
let owner: OwnerConnection;
let database: Connection;
let kafka: Kafka;
let producer: Producer;
let userId: string;

beforeAll(async () => {
  logins = await testDatabase();
  const { host, port, user, password, database: name } = logins.owner;
  owner = await createConnection({ host, port, user, password, database: name, multipleStatements: true });
  database = await connectToDatabase(logins.emitter, 'off');
  kafka = testKafka();
  producer = await transactionalProducer();
});

afterAll(async () => {
  await producer.disconnect();
  database.destroy();
  await owner.end();
});

beforeEach(async () => {
  userId = await testUserId();
  await owner.query(`
    SET time_zone = '+00:00', sql_mode = '';
    DROP TABLE IF EXISTS pinterest_data, geolocation_data, user_data;
    CREATE TABLE pinterest_data (\`index\` INT, title TEXT);
    CREATE TABLE geolocation_data (ind INT, latitude FLOAT);
    CREATE TABLE user_data (ind INT, date_joined DATETIME);
  `);
});

async function transactionalProducer(): Promise<Producer> {
  const created = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    transactionalId: uniqueName(),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await created.connect();
  return created;
}

const send = async (
  topic: string,
  messages: readonly Message[],
  end: 'commit' | 'abort' = 'commit',
): Promise<void> => {
  const transaction = await begin(topic, messages);
  await transaction[end]();
};

const begin = async (topic: string, messages: readonly Message[]): Promise<Transaction> => {
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [...messages] });
  return transaction;
};

const verifyAll = (): Promise<VerificationReport> => verifyPipeline({ userId, kafka, database });

const geo = (key: number, latitude: string): Message => ({
  key: `${key}`,
  value: `{"ind":${key},"latitude":${latitude}}`,
});

/** Three rows and the records that they should have. */
const threeRows = async (): Promise<Message[]> => {
  await owner.query('INSERT INTO geolocation_data VALUES (1, -89.9787), (2, 1e20), (3, NULL)');
  return [geo(1, '-89.9787'), geo(2, '1e20'), geo(3, 'null')];
};

describe('verify', () => {
  test('empty tables equal empty topics', async () => {
    const report = await verifyAll();
    expect(report).toMatchObject({ equal: true, streams: { pin: { rows: 0, records: 0 } } });
  });

  test('every row once is equal, over many transactions and an aborted one at each end', async () => {
    const messages = await threeRows();
    const topic = topicOf(userId, 'geo');
    await send(topic, messages, 'abort');
    for (const message of messages) await send(topic, [message]);
    await send(topic, [geo(4, '0'), geo(5, '0'), geo(6, '0')], 'abort');
    const report = await verifyAll();
    expect(report).toMatchObject({ equal: true, streams: { geo: { rows: 3, records: 3 } } });
    expect(report.streams.geo.digest.table).toBe(report.streams.geo.digest.topic);
  });

  test('a topic that ends in nothing but aborted transactions is empty', async () => {
    await send(topicOf(userId, 'geo'), [geo(1, '0')], 'abort');
    expect(await verifyAll()).toMatchObject({ equal: true, streams: { geo: { records: 0 } } });
  });

  test('an open transaction is neither waited for nor counted', async () => {
    const messages = await threeRows();
    await send(topicOf(userId, 'geo'), messages);
    const open = await begin(topicOf(userId, 'geo'), messages);
    try {
      expect(await verifyAll()).toMatchObject({ equal: true, streams: { geo: { records: 3 } } });
    } finally {
      await open.abort();
    }
  });

  test('an empty topic misses every row', async () => {
    await threeRows();
    const report = await verifyAll();
    expect(report).toMatchObject({
      equal: false,
      streams: { geo: { rows: 3, records: 0, missing: 3, extra: 0 } },
    });
    expect(report.streams.geo.examples).toHaveLength(3);
  });

  test('an empty table makes every record extra', async () => {
    await send(topicOf(userId, 'geo'), [geo(1, '0'), geo(2, '0')]);
    expect(await verifyAll()).toMatchObject({
      equal: false,
      streams: { geo: { missing: 0, extra: 2, records: 2 } },
    });
  });

  test('missing, extra, changed and duplicate are told apart', async () => {
    const [first, , third] = await threeRows();
    await owner.query("INSERT INTO pinterest_data VALUES (10, 'a'), (10, 'a'), (11, 'curly ’ 😀')");
    await send(
      topicOf(userId, 'geo'),
      [first, first, geo(3, '0.5'), geo(4, '0')].filter((m) => m !== undefined),
    );
    await send(topicOf(userId, 'pin'), [
      { key: '10', value: '{"index":10,"title":"a"}' },
      { key: '10', value: '{"index":10,"title":"a"}' },
      { key: '11', value: '{"index":"11","title":"curly ’ 😀"}' },
      { key: '11', value: '' },
    ]);
    const { equal, streams } = await verifyAll();
    expect(third).toBeDefined();
    expect(equal).toBe(false);
    expect(streams.user.equal).toBe(true);
    expect(streams.geo).toMatchObject({
      equal: false,
      rows: 3,
      records: 4,
      missing: 1,
      extra: 1,
      changed: 1,
      duplicate: 1,
    });
    expect(streams.geo.examples).toEqual([
      { kind: 'missing', key: '2' },
      { kind: 'extra', key: '4', partition: expect.any(Number), offset: expect.any(Number) },
      {
        kind: 'changed',
        key: '3',
        partition: expect.any(Number),
        offset: expect.any(Number),
        column: 'latitude',
        row: 'null',
        record: '0.5',
      },
      { kind: 'duplicate', key: '1', partition: expect.any(Number), offset: expect.any(Number) },
    ]);
    expect(streams.pin).toMatchObject({
      rows: 3,
      records: 4,
      missing: 0,
      extra: 1,
      changed: 1,
      duplicate: 0,
    });
    expect(streams.pin.examples).toContainEqual(
      expect.objectContaining({ kind: 'changed', key: '11', column: 'index', row: '11', record: '"11"' }),
    );
  });

  test('dead letters account for rows that have no record', async () => {
    await owner.query(`INSERT INTO geolocation_data VALUES (NULL, 1), (NULL, 1), (-1, 2), (7, 3), (8, 4)`);
    const letter = (table: string, key: string | null, row: unknown = null): Message => ({
      key: `${table}:${key ?? JSON.stringify(row)}`,
      value: JSON.stringify({ table, key, reason: 'for a test', row }),
    });
    await send(topicOf(userId, 'geo'), [geo(8, '4')]);
    const letters = [null, -1, null].map((ind) => letter('geolocation_data', null, { ind }));
    await send(deadLetterTopicOf(userId), [...letters, letter('geolocation_data', '7')]);
    expect(await verifyAll()).toMatchObject({
      equal: true,
      streams: { geo: { rows: 5, records: 1, deadLettered: 4, missing: 0 } },
    });
    await send(deadLetterTopicOf(userId), [letter('geolocation_data', '8'), letter('another_table', '1')]);
    expect(await verifyAll()).toMatchObject({
      equal: false,
      unknownDeadLetters: 1,
      streams: { geo: { deadLettered: 4, strayDeadLetters: 1 } },
    });
  });

  // MySQL has other types, and JSON in another form: columns.test.ts compares all of them.
  onMariaDb('every type of column, with its extremes', async () => {
    await owner.query(`DROP TABLE pinterest_data; CREATE TABLE pinterest_data (
      \`index\` BIGINT UNSIGNED ZEROFILL, \`back\`\`tick "quoted"\` TINYINT, yes BOOLEAN, zero INT(8) ZEROFILL,
      f FLOAT, fz FLOAT(10,2) ZEROFILL, d DOUBLE, y YEAR, e DECIMAL(65,30), ez DECIMAL(10,2) ZEROFILL,
      dt DATETIME(3), ts TIMESTAMP(6) NULL, da DATE, ti TIME(2),
      j JSON, b BIT(12), bi BINARY(5), bl LONGBLOB, g GEOMETRY,
      en ENUM('x','é') CHARACTER SET latin1, se SET('a','b'), u UUID, ip INET6, t TEXT CHARACTER SET utf16, c CHAR(10)
    ) CHARACTER SET utf8mb4`);
    await owner.query(
      `INSERT INTO pinterest_data VALUES
        (9223372036854775806, -128, true, 42, -89.9787, 12.5, 1.7976931348623157e308, 0,
         -12345678901234567890123456789012345.123456789012345678901234567890, 12.5,
         '2020-08-28 03:52:47.120', '1970-01-01 00:00:01.5', '0000-00-00', '-838:59:59', ?, b'101', 'ab', ?, POINT(1, 2),
         'é', 'a,b', '123e4567-e89b-12d3-a456-426655440000', '::1', '😀 “”', 'ab  '),
        (7, 127, false, 0, 3.40282e38, 0, 1e-5, 1999, 0, 0, '0000-00-00', '0000-00-00', '2020-02-02', '00:00:00',
         ' 5 ', b'0', '', '', NULL, 'x', '', NULL, NULL, '', ''),
        (8, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL)`,
      [
        ' { "a" : 1.0 ,\n"a":[1,  2e5, 18446744073709551616], "2":" \\u0041 é", "1":{} } ',
        Buffer.alloc(60, 0xff),
      ],
    );
    const names = [
      'f',
      'fz',
      'd',
      'y',
      'e',
      'ez',
      'dt',
      'ts',
      'da',
      'ti',
      'j',
      'b',
      'bi',
      'bl',
      'g',
      'en',
      'se',
      'u',
      'ip',
      't',
      'c',
    ];
    const nulls = names.map((name) => `"${name}":null`).join(',');
    const extremes = `{"index":9223372036854775806,"back\`tick \\"quoted\\"":-128,"yes":1,"zero":42,"f":-89.9787,"fz":12.50,
      "d":1.7976931348623157e308,"y":0,"e":"-12345678901234567890123456789012345.123456789012345678901234567890",
      "ez":"00000012.50","dt":"2020-08-28T03:52:47.120","ts":"1970-01-01T00:00:01.500000Z","da":"0000-00-00",
      "ti":"-838:59:59.00","j": { "a" : 1.0 ,\n"a":[1,  2e5, 18446744073709551616], "2":" \\u0041 é", "1":{} } ,"b":"AAU=",
      "bi":"YWIAAAA=","bl":"${Buffer.alloc(60, 0xff).toString('base64')}","g":"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA==",
      "en":"\\u00e9","se":"a,b","u":"123e4567-e89b-12d3-a456-426655440000","ip":"::1","t":"\\ud83d\\ude00 “”","c":"ab"}`;
    await send(topicOf(userId, 'pin'), [
      { key: '9223372036854775806', value: extremes },
      {
        key: '7',
        value: `{"index":7,"back\`tick \\"quoted\\"":127,"yes":0,"zero":0,"f":3.40282e38,"fz":0.00,"d":0.00001,"y":1999,
          "e":"0.${'0'.repeat(30)}","ez":"00000000.00","dt":"0000-00-00T00:00:00.000","ts":"0000-00-00T00:00:00.000000Z",
          "da":"2020-02-02","ti":"00:00:00.00","j":5,"b":"AAA=","bi":"AAAAAAA=","bl":"","g":null,"en":"x","se":"","u":null,
          "ip":null,"t":"","c":""}`,
      },
      { key: '8', value: `{"index":8,"back\`tick \\"quoted\\"":null,"yes":null,"zero":null,${nulls}}` },
    ]);
    const report = await verifyAll();
    expect(report.streams.pin.examples).toEqual([]);
    expect(report).toMatchObject({ equal: true, streams: { pin: { rows: 3, records: 3 } } });
  });

  test('a row that is too large for the functions of the database is missing until it has its dead letter', async () => {
    const [[{ limit } = { limit: 0 }]] = (await owner.query(
      'SELECT @@max_allowed_packet AS `limit`',
    )) as unknown as [{ limit: number }[]];
    await owner.query('DROP TABLE user_data; CREATE TABLE user_data (ind INT, a LONGTEXT, b LONGTEXT)');
    await owner.query(
      `INSERT INTO user_data VALUES (1, REPEAT('a', ${limit} DIV 2), REPEAT('b', ${limit} DIV 2))`,
    );
    expect((await verifyAll()).streams.user).toMatchObject({ rows: 1, missing: 1 });
    await send(deadLetterTopicOf(userId), [
      { key: '1', value: '{"table":"user_data","key":"1","reason":"too large","row":null}' },
    ]);
    expect((await verifyAll()).streams.user).toMatchObject({ equal: true, deadLettered: 1 });
  });

  test('no group of the verifier remains', async () => {
    await send(topicOf(userId, 'geo'), await threeRows());
    await verifyAll();
    const { groups } = await withAdmin((admin) => admin.listGroups());
    expect(groups.filter(({ groupId }) => groupId.startsWith(userId))).toEqual([]);
  });

  test('a topic that gives nothing more is an error that says where reading stopped', async () => {
    const topic = topicOf(userId, 'geo');
    await send(topic, [geo(1, '0')]);
    const written = async () =>
      (await committedOffsetRanges(kafka, [topic])).find(({ from, to }) => from !== to);
    // A commit is acknowledged before its marker is written.
    while ((await written()) === undefined) await delay(50);
    const partition = (await written())?.partition as number;

    const reading = readOffsetRanges(kafka, {
      groupId: `${userId}.verifier.stalled`,
      ranges: [{ topic, partition, from: 0, to: 1_000 }],
      onMessage: () => {},
      stallMs: 2_000,
    });

    const message = await reading.catch((error: Error) => error.message);
    expect(message).toBe(
      `Kafka sent nothing for 2 s: ${topic}[${partition}] at ${(await written())?.to} of 1000.`,
    );
  });

  test('reads a range from its middle to its middle', async () => {
    const topic = topicOf(userId, 'geo');
    const messages = Array.from({ length: 100 }, (_, key) => ({ ...geo(key, '0'), partition: 1 }));
    await send(topic, messages.slice(0, 50));
    await send(topic, messages.slice(50));
    const offsets: string[] = [];
    await readOffsetRanges(kafka, {
      groupId: `${userId}.verifier.middle`,
      ranges: [{ topic, partition: 1, from: 20, to: 60 }],
      onMessage: ({ offset }) => offsets.push(offset),
    });
    // The offset 50 is that of the marker between the two transactions.
    expect(offsets.map(Number)).toEqual(
      Array.from({ length: 40 }, (_, index) => 20 + index).filter((offset) => offset !== 50),
    );
  });

  test('reads nothing of aborted transactions, also where those of several producers overlap', async () => {
    const topic = topicOf(userId, 'geo');
    const begin = async () => {
      const producer = kafka.producer({ transactionalId: uniqueName(), maxInFlightRequests: 1 });
      await producer.connect();
      const transaction = await producer.transaction();
      const sendKeys = async (...keys: number[]) => {
        const messages = keys.map((key) => ({ ...geo(key, '0'), partition: 1 }));
        await transaction.send({ topic, messages });
      };
      const end = async (how: 'commit' | 'abort') => {
        await transaction[how]();
        // Its marker is written after that, and before the next transaction begins.
        const next = await producer.transaction();
        const partitions = [{ partition: 1, offset: '0' }];
        await whileTransient([...GROUP_IS_YOUNG, ...TRANSACTION_IS_ENDING], () =>
          next.sendOffsets({ consumerGroupId: uniqueName(), topics: [{ topic, partitions }] }),
        );
        await next.abort();
        await producer.disconnect();
      };
      return { sendKeys, end };
    };
    const [first, second, third] = [await begin(), await begin(), await begin()];
    await first.sendKeys(1);
    await second.sendKeys(2);
    await third.sendKeys(3);
    await first.sendKeys(4);
    await second.end('abort');
    await first.sendKeys(5);
    await first.end('abort');
    await third.sendKeys(6);
    await third.end('commit');
    const isDecided = async () =>
      (await committedOffsetRanges(kafka, [topic])).some(({ partition, to }) => partition === 1 && to === 9);
    while (!(await isDecided())) await delay(50);

    for (const from of [0, 1, 2, 3, 5, 6]) {
      const keys: string[] = [];
      await readOffsetRanges(kafka, {
        groupId: `${userId}.verifier.aborted`,
        ranges: [{ topic, partition: 1, from, to: 9 }],
        onMessage: ({ key }) => keys.push(`${key}`),
      });
      expect({ from, keys }).toEqual({ from, keys: from <= 2 ? ['3', '6'] : ['6'] });
    }
  });

  test('a table or a topic that is not there is an error that names it', async () => {
    await expect(verifyPipeline({ userId: 'nobody', kafka, database })).rejects.toThrow(
      'Kafka has no topic nobody.pin',
    );
    await owner.query('DROP TABLE user_data');
    await expect(verifyAll()).rejects.toThrow(/table user_data, says: Table '\w+\.user_data' doesn't exist/);
  });
});

describe('npm run verify', () => {
  const run = (...options: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const script = path.join(__dirname, '../../../scripts/verify.ts');
      execFile(process.execPath, ['--import', 'tsx', script, ...options], (error, stdout, stderr) =>
        resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  const target = (): string[] => {
    const { host, port, user, password, database: name } = logins.emitter;
    const directory = testDirectory();
    mkdirSync(directory, { recursive: true });
    const creds = path.join(directory, 'db_creds.yaml');
    writeFileSync(
      creds,
      stringify({ HOST: host, PORT: port, USER: user, PASSWORD: password, DATABASE: name }),
    );
    return ['--creds', creds, '--brokers', testServers().bootstrapServers.join(','), '--user-id', userId];
  };

  test('ends with 0 when equal and says so, to people and as JSON', async () => {
    await send(topicOf(userId, 'geo'), await threeRows());
    expect(await run(...target())).toEqual({
      status: 0,
      stdout: expect.stringContaining('Equal: 3 rows'),
      stderr: '',
    });
    const { status, stdout } = await run(...target(), '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ equal: true, streams: { geo: { records: 3 } } });
  });

  test('ends with 1 when different', async () => {
    await threeRows();
    const { status, stdout } = await run(...target());
    expect(status).toBe(1);
    expect(stdout).toContain('key 1 is missing');
    expect(stdout).toContain('DIFFERENT');
  });

  test('ends with 2 on bad use and when a server cannot be read', async () => {
    expect(await run('--brokers', '127.0.0.1:9092')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('go together'),
    });
    expect(await run('--unknown')).toMatchObject({ status: 2, stderr: expect.stringContaining('--unknown') });
    expect(await run(...target().with(5, 'nobody'))).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('nobody.pin'),
    });
  });

  test('shows an example when asked for help', async () => {
    expect(await run('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Example: npm run verify'),
    });
  });
});
