import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Logger } from '@aws-lambda-powertools/logger';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Kafka,
  ResourcePatternTypes,
} from 'kafkajs';
import { PipelineError } from '../../../lambda/shared/errors';
import { createKafka } from '../../../lambda/shared/kafka/kafka-client';
import { kafkaError } from '../../../lambda/shared/kafka/kafka-errors';
import { announcePartitions, forgetPartitions } from '../../../lambda/shared/kafka/transaction-partitions';
import { emitterIdOf, topicsOf } from '../../../lambda/shared/streams';
import { committedOffsetRanges } from '../../../lambda/verifier/committed-offset-ranges';
import { serverFiles } from '../../../scripts/local/downloads';
import { type LocalKafka, startKafka } from '../../../scripts/local/kafka';
import { createTopics } from '../../../scripts/local/topics';
import { freePorts } from '../../../scripts/machine/free-ports';
import { start } from '../../../scripts/start';
import { silentProgress } from '../../../scripts/terminal/progress';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import {
  testDirectory,
  testKafka,
  testServers,
  testUserId,
  uniqueName,
  withAdmin,
} from '../../support/servers';

/** A name that can never be resolved: https://datatracker.ietf.org/doc/html/rfc2606#section-2 */
const NOWHERE = 'broker-1.invalid';

const ANONYMOUS = 'User:ANONYMOUS';

/** A broker that is set up in several ways that the emitter cannot work with. */
let broker: LocalKafka;
/** A port of the broker: it calls itself by a name there that nobody knows. */
let unknownName: string;
/** A port of the broker: it calls itself by a port there at which nobody listens. */
let closedPort: string;
let nobody: number;

beforeAll(async () => {
  const { kafkaClassPath } = await serverFiles(silentProgress);
  const [otherPort, unused] = (await freePorts(2)) as [number, number];
  nobody = unused;
  closedPort = `127.0.0.1:${otherPort}`;
  broker = await startKafka({
    classPath: kafkaClassPath,
    directory: testDirectory(),
    properties: ({ port, controllerPort, sparePort }) => {
      unknownName = `127.0.0.1:${sparePort}`;
      return {
        listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},UNKNOWN://127.0.0.1:${sparePort},CLOSED://${closedPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},UNKNOWN://${NOWHERE}:9092,CLOSED://127.0.0.1:${nobody}`,
        'listener.security.protocol.map':
          'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,UNKNOWN:PLAINTEXT,CLOSED:PLAINTEXT',
        'transaction.max.timeout.ms': 60_000,
        'default.replication.factor': 3,
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': true,
      };
    },
  });
});

afterAll(async () => {
  await broker.stop();
});

const kafkaAt = (server: string, log?: Parameters<typeof createKafka>[1]) =>
  createKafka({ brokers: [server], authentication: 'none', region: 'us-east-1' }, log);

/** The four topics of a new user, on the broker that cannot create them with its own defaults. */
async function createdTopics(): Promise<string> {
  const userId = uniqueName();
  await withAdmin(
    (admin) =>
      admin.createTopics({
        topics: topicsOf(userId).map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 })),
      }),
    testKafka(broker.bootstrapServers),
  );
  return userId;
}

const onBroker = async (userId: string) => {
  const pipeline = await testPipeline(1, { bootstrapServers: broker.bootstrapServers, userId });
  await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data VALUES (1, 'a post')");
  return pipeline;
};

async function failureOf(work: Promise<unknown>): Promise<{ error: PipelineError; seconds: number }> {
  const began = performance.now();
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PipelineError);
  return { error: error as PipelineError, seconds: (performance.now() - began) / 1_000 };
}

describe('a broker that calls itself', () => {
  const cases = [
    // A resolver may take its time to say so.
    [
      'by a name that nobody knows',
      () => unknownName,
      () => `${NOWHERE}:9092`,
      /ENOTFOUND|its name cannot be resolved/,
    ],
    ['by a port where nobody listens', () => closedPort, () => `127.0.0.1:${nobody}`, /ECONNREFUSED/],
  ] as const;

  test.each(cases)('%s is told at once, and ends a run within 20 s', async (_, server, name, code) => {
    const pipeline = await onBroker(await createdTopics());
    const emitter = pipeline.newEmitter({ KAFKA_BROKERS: server() });
    const told: number[] = [];
    const began = performance.now();
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((...line) => {
      if (String(line[0]).startsWith(`The broker ${name()} cannot be reached: `))
        told.push(performance.now() - began);
    });

    const { error, seconds } = await failureOf(emitter.handle({}, 300_000));

    warn.mockRestore();
    expect(told[0]).toBeLessThan(5_000);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain(`The broker ${name()} cannot be reached: `);
    expect(error.message).toMatch(code);
    expect(error.message).toContain('advertised.listeners');
    expect(seconds).toBeLessThan(20);
    expect(await failureOf(emitter.handle({ dryRun: true }, 300_000))).toMatchObject({
      error: { name: 'UnreachableError' },
    });
  });

  test.each(cases)('%s ends a comparison and the creation of topics, too', async (_, server, name, code) => {
    const userId = await createdTopics();
    const lines: string[] = [];

    for (const work of [
      () =>
        committedOffsetRanges(
          kafkaAt(server(), (line) => lines.push(line.message)),
          topicsOf(userId),
        ),
      () =>
        createTopics(
          kafkaAt(server(), (line) => lines.push(line.message)),
          userId,
        ),
    ]) {
      lines.length = 0;
      const { error, seconds } = await failureOf(work());
      expect(error.name).toBe('UnreachableError');
      expect(error.message).toContain(`The broker ${name()} cannot be reached: `);
      expect(error.message).toMatch(code);
      expect(lines).toContainEqual(expect.stringContaining(`The broker ${name()} cannot be reached: `));
      expect(seconds).toBeLessThan(20);
    }
  });
});

/** Starts a server on a free port. */
async function listening(server: Server): Promise<Disposable & { readonly address: string }> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close() };
}

/** Takes connections and never says anything. */
const silentServer = (): Promise<Disposable & { readonly address: string }> =>
  listening(createServer((socket) => void socket.on('error', () => {}).resume()));

describe('a port that takes connections', () => {
  test('and never answers is told at once, and named as the cause within 20 s', async () => {
    using silent = await silentServer();
    const lines: string[] = [];
    const began = performance.now();
    let firstAt = Number.POSITIVE_INFINITY;
    const kafka = kafkaAt(silent.address, ({ level, message }) => {
      if (level !== 'notice') return;
      firstAt = Math.min(firstAt, performance.now() - began);
      lines.push(message);
    });

    const { error, seconds } = await failureOf(createTopics(kafka, 'ada'));

    expect(firstAt).toBeLessThan(5_000);
    expect(lines).toEqual([`The broker ${silent.address} cannot be reached: no answer within 4 s.`]);
    expect(error).toMatchObject({ name: 'UnreachableError', retryable: true });
    expect(error.message).toContain(`The broker ${silent.address} cannot be reached: no answer within`);
    expect(seconds).toBeLessThan(20);
  });

  test('and never answers is left for another broker of the list', async () => {
    using silent = await silentServer();
    using mute = await silentServer();
    const userId = await testUserId(1);
    const brokers = [silent.address, mute.address, ...testServers().bootstrapServers];

    await createTopics(createKafka({ brokers, authentication: 'none', region: 'us-east-1' }), userId);
  });

  test.each([
    [
      'plain text with an alert of TLS',
      'none',
      Buffer.from([21, 3, 3, 0, 2, 2, 80]),
      'it answers in TLS, and plain text was sent to it; TLS goes with the authentication "iam"',
    ],
    [
      'TLS with something else',
      'iam',
      Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'TLS was sent to it, and it does not answer as a server with TLS (ERR_SSL_',
    ],
    [
      'TLS with nothing',
      'iam',
      Buffer.alloc(0),
      'it closes the connection; it may have no TLS, or require another authentication',
    ],
  ] as const)('and answers %s says so in one line', async (_, authentication, answer, why) => {
    using server = await listening(
      createServer((socket) => void socket.on('error', () => {}).once('data', () => socket.end(answer))),
    );
    const kafka = createKafka({ brokers: [server.address], authentication, region: 'us-east-1' });

    const { error, seconds } = await failureOf(createTopics(kafka, 'ada'));

    expect(error.message).toContain(`The broker ${server.address} cannot be reached: ${why}`);
    expect(error.message).not.toContain('\n');
    expect(seconds).toBeLessThan(20);
  });
});

describe('topics are not created, and one sentence says why,', () => {
  test('where nobody listens, something else answers, or nobody has the name', async () => {
    const database = testServers().admin.port;
    const failures = await Promise.all(
      [`127.0.0.1:${nobody}`, `127.0.0.1:${database}`, `${NOWHERE}:9092`].map((server) =>
        failureOf(createTopics(kafkaAt(server), 'ada')),
      ),
    );

    expect(failures.map(({ error }) => error.message)).toEqual([
      expect.stringMatching(`The broker 127.0.0.1:${nobody} cannot be reached: connect ECONNREFUSED`),
      expect.stringMatching(
        `The broker 127.0.0.1:${database} cannot be reached: it answers, but not as Kafka does`,
      ),
      expect.stringMatching(
        `The broker ${NOWHERE}:9092 cannot be reached: (getaddrinfo ENOTFOUND|its name cannot be resolved)`,
      ),
    ]);
    for (const { error, seconds } of failures) {
      expect(error.name).toBe('UnreachableError');
      expect(seconds).toBeLessThan(20);
    }
  });

  test('by the command, with status 2, a line at once and no stack trace', async () => {
    const pipeline = await testPipeline(1);

    const { status, stdout, stderr } = await runCommand(
      start,
      ...['--creds', pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string],
      ...['--brokers', `127.0.0.1:${nobody}`, '--user-id', 'ada', '--create-topics'],
    );

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      `The broker 127.0.0.1:${nobody} cannot be reached: connect ECONNREFUSED 127.0.0.1:${nobody}.`,
      expect.stringMatching(/^Kafka failed while connecting: The broker .* ECONNREFUSED/),
      '',
    ]);
  });

  test('where the cluster has fewer brokers than a topic is to have replicas', async () => {
    const { error } = await failureOf(createTopics(kafkaAt(broker.bootstrapServers[0] as string), 'ada'));

    expect(error).toMatchObject({ name: 'TopicError', retryable: false });
    expect(error.message).toMatch(
      /topic ada\.\S+: .*\(INVALID_REPLICATION_FACTOR, 38\).*default\.replication\.factor/,
    );
  });

  test('where the name collides with that of another topic', async () => {
    const userId = await testUserId(1);
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic: `${userId}.x.pin` }] }));

    const { error } = await failureOf(createTopics(testKafka(), `${userId}_x`));

    await withAdmin((admin) =>
      admin.deleteTopics({
        topics: [`${userId}.x.pin`, ...topicsOf(`${userId}_x`).filter((topic) => !topic.endsWith('.pin'))],
      }),
    );
    expect(error.name).toBe('TopicError');
    expect(error.message).toContain(`topic ${userId}_x.pin: `);
    expect(error.message).toContain('(INVALID_TOPIC_EXCEPTION, 17)');
    expect(error.message).toContain(`collides with that of topic ${userId}.x.pin`);
  });

  test('where the user may not', async () => {
    const userId = uniqueName();
    const entry = { principal: ANONYMOUS, host: '*', resourcePatternType: ResourcePatternTypes.LITERAL };
    const cluster = { ...entry, resourceType: AclResourceTypes.CLUSTER, resourceName: 'kafka-cluster' };
    const { ALLOW, DENY } = AclPermissionTypes;
    await withAdmin(
      (admin) =>
        admin.createAcls({
          acl: [
            { ...cluster, operation: AclOperationTypes.ALL, permissionType: ALLOW },
            { ...cluster, operation: AclOperationTypes.CREATE, permissionType: DENY },
            ...topicsOf(userId).map((topic) => ({
              ...entry,
              resourceType: AclResourceTypes.TOPIC,
              resourceName: topic,
              operation: AclOperationTypes.CREATE,
              permissionType: DENY,
            })),
          ],
        }),
      testKafka(broker.bootstrapServers),
    );

    const { error } = await failureOf(createTopics(kafkaAt(broker.bootstrapServers[0] as string), userId));

    await withAdmin(
      (admin) =>
        admin.deleteAcls({
          filters: [
            {
              ...cluster,
              operation: AclOperationTypes.CREATE,
              permissionType: DENY,
            },
          ],
        }),
      testKafka(broker.bootstrapServers),
    );
    expect(error.name).toBe('AccessDeniedError');
    expect(error.message).toMatch(
      new RegExp(
        `topic ${userId}\\.\\S+: .*\\(TOPIC_AUTHORIZATION_FAILED, 29\\)\\. Missing: .*CreateTopic on the topic`,
      ),
    );
  });
});

describe('a run', () => {
  test('names the setting of brokers that end transactions sooner than the emitter needs', async () => {
    const pipeline = await onBroker(await createdTopics());

    const { error } = await failureOf(pipeline.emit());

    expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false });
    expect(error.message).toContain('transaction.max.timeout.ms of the brokers to 120000');
  });

  test('names the group that it may not read, and the permission', async () => {
    const pipeline = await onBroker(await createdTopics());
    const group = emitterIdOf(pipeline.userId);
    await withAdmin(
      (admin) =>
        admin.createAcls({
          acl: [
            {
              principal: ANONYMOUS,
              host: '*',
              resourcePatternType: ResourcePatternTypes.LITERAL,
              resourceType: AclResourceTypes.GROUP,
              resourceName: group,
              operation: AclOperationTypes.ALL,
              permissionType: AclPermissionTypes.DENY,
            },
          ],
        }),
      testKafka(broker.bootstrapServers),
    );

    for (const event of [{}, { dryRun: true }]) {
      const { error } = await failureOf(pipeline.emit(event));
      expect(error).toMatchObject({ name: 'AccessDeniedError', retryable: false });
      expect(error.message).toContain(`AlterGroup on the group ${group} (as an ACL: Read)`);
    }
  });

  test('names the topic that it may not write to, whichever of its transaction that is', async () => {
    const [kafka] = broker.bootstrapServers.map((server) => kafkaAt(server));
    for (const denied of ['geo', 'dead-letter']) {
      const userId = await createdTopics();
      const acl = {
        ...{ principal: ANONYMOUS, host: '*', resourcePatternType: ResourcePatternTypes.LITERAL },
        ...{ resourceType: AclResourceTypes.TOPIC, resourceName: `${userId}.${denied}` },
      };
      const { ALLOW, DENY } = AclPermissionTypes;
      await withAdmin(
        (admin) =>
          admin.createAcls({
            acl: [
              { ...acl, operation: AclOperationTypes.ALL, permissionType: ALLOW },
              { ...acl, operation: AclOperationTypes.WRITE, permissionType: DENY },
            ],
          }),
        testKafka(broker.bootstrapServers),
      );
      const producer = (kafka as Kafka).producer({
        ...{ transactionalId: userId, idempotent: true, maxInFlightRequests: 1, transactionTimeout: 30_000 },
      });
      await producer.connect();
      const transaction = await producer.transaction();
      announcePartitions(
        userId,
        topicsOf(userId).map((topic) => ({ topic, partition: 0 })),
      );

      const { error } = await failureOf(
        transaction
          .send({ topic: `${userId}.pin`, messages: [{ value: 'a post' }] })
          .catch((thrown: Error) => Promise.reject(kafkaError(thrown, 'sending rows'))),
      );

      expect(error).toMatchObject({ name: 'AccessDeniedError', retryable: false });
      expect(error.message).toContain(
        `WriteData on the topic ${userId}.${denied} (as an ACL: Read or Write)`,
      );
      forgetPartitions(userId);
      await producer.disconnect();
    }
  });
});
