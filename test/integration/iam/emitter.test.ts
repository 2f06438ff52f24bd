import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigResourceTypes } from 'kafkajs';
import { SMALLEST_RANGE } from '../../../lambda/emitter/ranges';
import { type EmitterVariables, MOST_SHARDS } from '../../../lambda/shared/environment';
import { EmitterProcess, type EmitterProgram } from '../../../scripts/local/emitter-process';
import { createTopics } from '../../../scripts/local/topics';
import { kafkaStatements } from '../../lib/kafka-statements';
import { synthesize } from '../../lib/synthesize';
import { builtEmitter } from '../../support/built-emitter';
import { type AccessKey, type IamBroker, iamBroker } from '../../support/iam-broker';
import { aclsOf, IMPLIED_IN_KAFKA, type KafkaAction, setAcls } from '../../support/kafka-acls';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testDirectory, testKafka, uniqueName, withAdmin } from '../../support/servers';

/** The role of the function has this key; what the policy allows it, the broker allows the key. */
const ROLE: AccessKey = { id: 'AKIAEMITTER', secret: 'secret/of+the=emitter' };

/** How long a login lasts; Amazon MSK's own lasts as long as its token, a quarter of an hour. */
const SESSION_MS = 11_000;

/** The client logs in again ten seconds before its login expires. */
const REAUTHENTICATES_AFTER_MS = SESSION_MS - 10_000;

/** Enough that a run takes longer than that, several times over. */
const MANY_ROWS = 250_000;

/** The least that is worth a range for each shard. */
const ROWS_OF_SHARDS = MOST_SHARDS * Number(SMALLEST_RANGE);

const userId = uniqueName();
const statements = kafkaStatements(synthesize({ userId }).templates.Emitter, 'EmitterRole');
const logs = testDirectory();
let broker: IamBroker;
let program: EmitterProgram;
let pipeline: TestPipeline;
let keys = 0;

beforeAll(async () => {
  program = await builtEmitter(logs);
  broker = await iamBroker([ROLE], {
    properties: { 'listener.name.iam.oauthbearer.connections.max.reauth.ms': SESSION_MS },
  });
  await createTopics(testKafka(broker.bootstrapServers), userId);
  pipeline = await testPipeline(3, { bootstrapServers: broker.bootstrapServers, userId });
  await pipeline.sql(...SMALL_TABLES);
  await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(statements, ROLE.id));
});

afterAll(async () => {
  await broker.stop();
});

/** Another post, so that there is something to emit. */
const addPost = async (): Promise<void> => {
  keys += 1;
  await pipeline.sql(
    `INSERT INTO pinterest_data VALUES (${keys}, 'a post'), (NULL, 'post ${keys} without a key')`,
  );
};

/** The emitter in a process of its own, with the settings that it has on AWS, and other variables where they are given. */
async function withEmitter<T>(
  work: (emitter: EmitterProcess, logFile: string) => Promise<T>,
  variables: EmitterVariables & NodeJS.ProcessEnv = {},
): Promise<T> {
  const logFile = path.join(logs, `${uniqueName()}.log`);
  const emitter = new EmitterProcess(
    {
      USER_ID: userId,
      KAFKA_BROKERS: broker.iamServers,
      DATABASE_CREDENTIALS_FILE: pipeline.variables['DATABASE_CREDENTIALS_FILE'],
      AWS_ACCESS_KEY_ID: ROLE.id,
      AWS_SECRET_ACCESS_KEY: ROLE.secret,
      AWS_REGION: 'us-east-1',
      NODE_EXTRA_CA_CERTS: broker.certificateFile,
      ...variables,
    } as EmitterVariables,
    logFile,
    program,
  );
  try {
    return await work(emitter, logFile);
  } finally {
    await emitter.stop();
  }
}

const retain = (topic: string, milliseconds: string): Promise<unknown> =>
  withAdmin(
    (admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.TOPIC,
            name: topic,
            configEntries: [{ name: 'retention.ms', value: milliseconds }],
          },
        ],
      }),
    testKafka(broker.bootstrapServers),
  );

describe('the login', () => {
  test('with the key of the role, over TLS, is taken', async () => {
    await addPost();

    const { summary } = await withEmitter((emitter) => emitter.invoke());

    expect(summary).toMatchObject({ emitted: { pin: 1 }, caughtUp: true });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  test('is made again when it has expired between runs, and before it expires in the middle of one', async () => {
    await withEmitter(async (emitter) => {
      await addPost();
      await emitter.invoke();
      await delay(SESSION_MS + 500);
      const from = keys + 1;
      keys += MANY_ROWS;
      await pipeline.sql(
        `INSERT INTO pinterest_data SELECT seq, REPEAT('a long title ', 50) FROM seq_${from}_to_${keys}`,
      );

      const { summary } = await emitter.invoke();

      expect(summary).toMatchObject({ emitted: { pin: MANY_ROWS }, caughtUp: true });
      expect(summary.elapsedMs).toBeGreaterThan(REAUTHENTICATES_AFTER_MS);
    });
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  const hourAgo = path.join(logs, 'an-hour-ago.cjs');

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['a wrong secret key', { AWS_SECRET_ACCESS_KEY: 'another' }, 'Kafka refused the authentication'],
    ['an unknown access key', { AWS_ACCESS_KEY_ID: 'AKIASTRANGER' }, 'Kafka refused the authentication'],
    ['another region', { AWS_REGION: 'eu-west-1' }, 'Kafka refused the authentication'],
    [
      'a token that has expired',
      { NODE_OPTIONS: `--require ${JSON.stringify(hourAgo)}` },
      'Kafka refused the authentication',
    ],
  ])('with %s is refused, and the error says so without a secret', async (_, variables, message) => {
    writeFileSync(hourAgo, SHIFTED_CLOCK);

    const error = await withEmitter((emitter) => emitter.invoke(), variables).catch(
      (thrown: Error) => thrown,
    );

    expect(error).toMatchObject({ name: 'AccessDeniedError', message: expect.stringContaining(message) });
    expect((error as Error).message).not.toContain(ROLE.secret);
  });

  test('at a broker that nobody vouches for, or with the certificate of another, is refused', async () => {
    const stranger = await iamBroker([ROLE], { subjectAlternativeName: 'dns:elsewhere.example.com' });
    const untrusted = {
      name: 'AccessDeniedError',
      message: expect.stringContaining('The broker is not trusted'),
    };
    try {
      await Promise.all([
        expect(withEmitter((emitter) => emitter.invoke(), { NODE_EXTRA_CA_CERTS: '' })).rejects.toMatchObject(
          untrusted,
        ),
        expect(
          withEmitter((emitter) => emitter.invoke(), {
            KAFKA_BROKERS: stranger.iamServers,
            NODE_EXTRA_CA_CERTS: stranger.certificateFile,
          }),
        ).rejects.toMatchObject(untrusted),
      ]);
    } finally {
      await stranger.stop();
    }
  });
});

describe('the policy of the role', () => {
  test('is enough for rows, for dead letters and for the checkpoint', async () => {
    await addPost();

    const { summary } = await withEmitter((emitter) => emitter.invoke());

    expect(summary.emitted.pin).toBe(1);
    expect(summary.deadLettered).toBeGreaterThan(0);
  });

  test('is enough for shards: for the one that gives ranges to the others, and for each of them', async () => {
    const from = keys + 1;
    keys += ROWS_OF_SHARDS;
    await pipeline.sql(`INSERT INTO pinterest_data SELECT seq, 'a post' FROM seq_${from}_to_${keys}`);
    const shards = Array.from({ length: MOST_SHARDS }, (_, shard) => shard);
    const rows: number[] = [];

    for (const shard of shards) {
      const { summary } = await withEmitter((emitter) => emitter.invoke({ shard }), {
        SHARDS: `${MOST_SHARDS}`,
      });
      rows.push(summary.emitted.pin);
    }

    expect(rows).toEqual(shards.map(() => Number(SMALLEST_RANGE)));
    expect(await pipeline.verify()).toMatchObject({ equal: true });
  });

  const actions = [...new Set(statements.flatMap(([names]) => names))] as KafkaAction[];
  /** Where the settings of topics may not be seen, nothing is said about them. */
  const settings = 'DescribeTopicDynamicConfiguration' satisfies KafkaAction;
  const needed = actions.filter(
    (action) => action !== 'Connect' && action !== settings && !IMPLIED_IN_KAFKA.includes(action),
  );

  test.each(needed)('is not enough without %s, and the error names it', async (action) => {
    await addPost();
    const without = statements.map(([names, resources]): [string[], string[]] => [
      names.filter((name) => name !== action),
      resources,
    ]);
    await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(without, ROLE.id));

    try {
      await expect(withEmitter((emitter) => emitter.invoke())).rejects.toMatchObject({
        name: 'AccessDeniedError',
        message: expect.stringContaining(action),
      });
    } finally {
      await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(statements, ROLE.id));
    }
  });

  test.each<[string, readonly KafkaAction[], number, boolean]>([
    ['without the permission to see settings', [settings], 0, true],
    ['with it', [], 1, true],
    ['without any permission on the group', ['DescribeGroup', 'AlterGroup'], 0, false],
  ])('%s', async (_, removed, warnings, isEnough) => {
    await addPost();
    const without = statements.map(([names, resources]): [string[], string[]] => [
      names.filter((name) => !removed.includes(name as KafkaAction)),
      resources,
    ]);
    await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(without, ROLE.id));
    const topic = `${userId}.geo`;
    await retain(topic, '604800000');

    try {
      await withEmitter(async (emitter, log) => {
        const run = emitter.invoke();
        if (isEnough) expect((await run).summary).toMatchObject({ caughtUp: true });
        else {
          await expect(run).rejects.toMatchObject({
            name: 'AccessDeniedError',
            message: expect.stringContaining(`AlterGroup on the group ${userId}.emitter `),
          });
        }
        const warned =
          readFileSync(log, 'utf8').split(`Topic ${topic}: retention.ms is 604800000`).length - 1;
        expect(warned).toBe(warnings);
      });
    } finally {
      await retain(topic, '-1');
      await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(statements, ROLE.id));
    }
  });

  test.each(['pin', 'geo', 'user', 'dead-letter'])('does not reach another user’s topic %s', (topic) => {
    const topics = statements
      .flatMap(([, resources]) => resources)
      .filter((name) => name.startsWith('topic/'));

    expect(topics).toContain(`topic/${userId}.${topic}`);
    for (const name of topics) expect(name).toMatch(new RegExp(`^topic/${userId}\\.`));
  });
});

test('no log of these runs holds the secret key, a token or the password of the database', async () => {
  const written = readdirSync(logs)
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(path.join(logs, name), 'utf8'))
    .join('');

  expect(written).toContain('"Run ended"');
  expect(written).not.toContain(ROLE.secret);
  expect(written).not.toContain(pipeline.logins.emitter.password);
  // What every token begins with: it is a URL in base64.
  expect(written).not.toContain(Buffer.from('https://kafka.').toString('base64url').slice(0, -1));
});

/** Makes a process believe that it is an hour ago, when a token was signed that is too old now. */
const SHIFTED_CLOCK = `
const Now = Date;
globalThis.Date = class extends Now {
  constructor(...given) {
    if (given.length === 0) super(Now.now() - 3_600_000);
    else super(...given);
  }
  static now() {
    return Now.now() - 3_600_000;
  }
};
`;
