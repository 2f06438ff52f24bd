import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { BOOT_SCRIPT } from '../../../lib/constructs/kafka-client/kafka-client';
import { createTopics } from '../../../scripts/local/topics';
import { kafkaStatements } from '../../lib/kafka-statements';
import { synthesize } from '../../lib/synthesize';
import { type AccessKey, type IamBroker, iamBroker } from '../../support/iam-broker';
import { aclsOf, setAcls } from '../../support/kafka-acls';
import { testDirectory, testKafka, uniqueName } from '../../support/servers';

/** The role of the machine has this key. */
const ROLE: AccessKey = { id: 'AKIACLIENT', secret: 'secret/of+the=client' };

const userId = uniqueName();
const statements = kafkaStatements(synthesize({ userId }).templates.KafkaClient, 'ClientInstance');
const machine = testDirectory();
const settings = {
  KAFKA_HOME: path.join(machine, 'kafka'),
  COMMANDS: path.join(machine, 'bin'),
  PROFILE: path.join(machine, 'profile.sh'),
  LOGIN_HOME: path.join(machine, 'home'),
};
let broker: IamBroker;

beforeAll(async () => {
  mkdirSync(settings.LOGIN_HOME, { recursive: true });
  broker = await iamBroker([ROLE]);
  const kafka = testKafka(broker.bootstrapServers);
  await createTopics(kafka, userId);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: `${userId}.pin`, messages: [{ key: '7528', value: '{"index":7528}' }] });
  await producer.disconnect();
  await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(statements, ROLE.id));
  execFileSync('bash', [BOOT_SCRIPT], {
    stdio: 'pipe',
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      USER_ID: userId,
      BOOTSTRAP: broker.iamServers,
      ...settings,
    },
  });
  execFileSync('keytool', [
    ...['-importcert', '-noprompt', '-alias', 'broker', '-file', broker.certificateFile],
    ...['-keystore', path.join(machine, 'trusted.p12'), '-storepass', 'not-a-secret'],
  ]);
}, 300_000);

afterAll(async () => {
  await broker.stop();
});

test('lists the topics with the client.properties that the boot script leaves', () => {
  expect(login('topics').stdout.trim().split('\n')).toEqual(
    ['dead-letter', 'geo', 'pin', 'user'].map((name) => `${userId}.${name}`),
  );
});

test('reads a topic in a group that its role may use', () => {
  expect(login('tail-topic pin --max-messages 1').stdout).toBe('7528\t{"index":7528}\n');
});

test('may not write, and not delete a topic', () => {
  const deletion =
    'kafka-topics.sh --bootstrap-server "$BOOTSTRAP" --command-config client.properties --delete';

  expect(login(`${deletion} --topic ${userId}.pin`)).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('Topic authorization failed'),
  });
  expect(statements.flatMap(([actions]) => actions)).not.toContain('WriteData');
});

test('is refused with another key', () => {
  const { status, stdout, stderr } = login('topics', { AWS_SECRET_ACCESS_KEY: 'another' });

  expect(status).not.toBe(0);
  expect(stdout + stderr).toContain('invalid_token');
});

/** What a command does that somebody types who has just signed in. */
function login(command: string, variables: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `. '${settings.PROFILE}'; ${command}`], {
    cwd: settings.LOGIN_HOME,
    encoding: 'utf8',
    env: {
      PATH: `${settings.COMMANDS}:${process.env['PATH']}`,
      // What the machine has from its role and its place.
      AWS_ACCESS_KEY_ID: ROLE.id,
      AWS_SECRET_ACCESS_KEY: ROLE.secret,
      AWS_REGION: 'us-east-1',
      // The broker's certificate is not Amazon's.
      JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore='${path.join(machine, 'trusted.p12')}' -Djavax.net.ssl.trustStorePassword=not-a-secret`,
      ...variables,
    },
  });
  return { status, stdout, stderr };
}
