import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { createTopics } from '../../../scripts/local/topics';
import { kafkaStatements } from '../../lib/kafka-statements';
import { synthesize } from '../../lib/synthesize';
import { type AccessKey, type IamBroker, iamBroker } from '../../support/iam-broker';
import { aclsOf, type KafkaAction, setAcls } from '../../support/kafka-acls';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { testKafka, uniqueName } from '../../support/servers';

/** The role of the function has this key. */
const ROLE: AccessKey = { id: 'AKIAVERIFIER', secret: 'secret/of+the=verifier' };

const userId = uniqueName();
const statements = kafkaStatements(synthesize({ userId }).templates.Emitter, 'VerifierRole');
let broker: IamBroker;
let pipeline: TestPipeline;

beforeAll(async () => {
  broker = await iamBroker([ROLE]);
  await createTopics(testKafka(broker.bootstrapServers), userId);
  pipeline = await testPipeline(3, { bootstrapServers: broker.bootstrapServers, userId });
  await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data VALUES (1, 'a post')");
  await pipeline.emit();
});

afterAll(async () => {
  await broker.stop();
});

test('the policy of the verifier is enough to compare', async () => {
  await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(statements, ROLE.id));

  expect(verify()).toMatchObject({ equal: true, streams: { pin: { records: 1 } } });
});

test.each<[KafkaAction, string]>([
  [
    'ReadData',
    `kafka-cluster:DescribeTopic, ReadData or WriteData on a topic ${userId}.pin or ${userId}.geo`,
  ],
  ['AlterGroup', `kafka-cluster:DescribeGroup or AlterGroup on the group ${userId}.verifier `],
])('it is not without %s', async (action, message) => {
  const without = statements.map(([names, resources]): [string[], string[]] => [
    names.filter((name) => name !== action),
    resources,
  ]);
  await setAcls(broker.bootstrapServers, ROLE.id, aclsOf(without, ROLE.id));

  expect(verify()).toMatchObject({ name: 'AccessDeniedError', message: expect.stringContaining(message) });
});

test('the commands log in there, too, from a machine that reaches the brokers', async () => {
  const acls = aclsOf(statements, ROLE.id);
  const groups = acls
    .filter(({ resourceType }) => resourceType === AclResourceTypes.GROUP)
    .map((acl) => ({
      ...acl,
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      resourceName: `${acl.resourceName}.`,
    }));
  await setAcls(broker.bootstrapServers, ROLE.id, [...acls, ...groups]);
  const run = (...options: string[]) =>
    spawnSync(
      process.execPath,
      [
        ...['--import', 'tsx', path.join(__dirname, '../../../scripts/verify.ts')],
        ...['--creds', pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string],
        ...['--brokers', broker.iamServers, '--user-id', userId, ...options],
      ],
      { encoding: 'utf8', env: roleEnvironment() },
    );

  expect(run('--kafka-authentication', 'iam')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Equal: 1 rows are in their topics once'),
    stderr: '',
  });
  expect(run()).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(`The broker ${broker.iamServers} cannot be reached: `),
  });
});

const roleEnvironment = () => ({
  PATH: process.env['PATH'],
  AWS_ACCESS_KEY_ID: ROLE.id,
  AWS_SECRET_ACCESS_KEY: ROLE.secret,
  AWS_REGION: 'us-east-1',
  NODE_EXTRA_CA_CERTS: broker.certificateFile,
});

/** What the function answers, in a process of its own with the settings that it has on AWS; or its error. */
function verify(): unknown {
  const handler = path.join(__dirname, '../../../lambda/verifier/handler.ts');
  const program = `require(${JSON.stringify(handler)}).handler().catch(({ name, message }) => ({ name, message }))
    .then((answer) => process.stdout.write(JSON.stringify(answer), () => process.exit()))`;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
    encoding: 'utf8',
    env: {
      ...roleEnvironment(),
      USER_ID: userId,
      KAFKA_BROKERS: broker.iamServers,
      DATABASE_CREDENTIALS_FILE: pipeline.variables['DATABASE_CREDENTIALS_FILE'],
    },
  });
  return JSON.parse(stdout);
}
