import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createConnection } from 'mysql2/promise';
import { addSamplePosts } from '../../lambda/sample-loader/load-sample-tables';
import { type DatabaseLogin, readCredentialsFile } from '../../lambda/shared/database-login';
import { topicsOf } from '../../lambda/shared/streams';
import { OUTPUTS, PLACEHOLDER_USER, type StackId } from '../../lib/names';
import { chooseAccount } from '../../scripts/aws/aws-account';
import {
  DIRECTORY_VARIABLE,
  type EmulatedDeployment,
  runningDeployment,
} from '../../scripts/aws/emulated-deployment';
import { stackOutputs } from '../../scripts/aws/stack-outputs';
import type { Diagnosis } from '../../scripts/doctor/check';
import { runCdk } from '../../scripts/emulator/cdk';
import type { DeploymentDescription } from '../../scripts/emulator/describe-deployment';
import { writeCredentialsFile } from '../../scripts/local/database-logins';
import { createTopics } from '../../scripts/local/topics';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { silentProgress } from '../../scripts/terminal/progress';
import { testKafka, withAdmin } from '../support/servers';
import { type CommandOutcome, runCommandProcess } from './support/command-process';

jest.setTimeout(240_000);

const USER_ID = 'operator';
const ROWS = 500;

/** Its own, so that a developer's deployment goes on beside the tests. */
const directory = path.join(LOCAL_DIRECTORY, 'test-deployment', `day-${process.pid}`);

/** All that the commands have printed. */
let printed = '';

let description: DeploymentDescription;
let deployment: EmulatedDeployment;
let owner: DatabaseLogin;

/** Runs a command of package.json to its end. */
async function run(script: string, ...args: readonly string[]): Promise<CommandOutcome> {
  const outcome = await runCommandProcess(directory, script, ...args);
  printed += outcome.stdout + outcome.stderr;
  return outcome;
}

/** What a command answers as JSON, with its status. */
async function answer(script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = await run(script, '--json', ...args);
  // A command that fails says why on standard error only.
  return stdout === '' ? { status, stderr } : { status, ...JSON.parse(stdout) };
}

const client = () => chooseAccount().client;
const kafka = () => testKafka(description.bootstrapServers.split(','));
const outputs = <Id extends StackId>(id: Id) => stackOutputs(chooseAccount(), USER_ID, id);

beforeAll(async () => {
  process.env[DIRECTORY_VARIABLE] = directory;
  const { status, stdout, stderr } = await run(
    'deploy-local',
    '--json',
    `--user-id=${USER_ID}`,
    // Where us-east-1a is the zone without brokers.
    '--account=zones-shuffled',
    '--context=pipeline.database.mode=provisioned',
    `--context=pipeline.database.sampleRows=${ROWS}`,
    // Out of the way of these tests.
    '--context=pipeline.emitter.everyMinutes=50',
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  description = JSON.parse(stdout);
  deployment = runningDeployment(directory) as EmulatedDeployment;
  owner = await readCredentialsFile(deployment.ownerCreds);
});

afterAll(async () => {
  await run('destroy-local');
  rmSync(directory, { recursive: true, force: true });
});

test('the key opens, and only its owner may read it', async () => {
  expect(await answer('fetch-key')).toMatchObject({
    status: 0,
    file: `${USER_ID}-key-pair.pem`,
    matches: true,
  });

  const file = path.join(directory, `${USER_ID}-key-pair.pem`);
  expect(statSync(file).mode & 0o777).toBe(0o400);
  expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' })).toMatch(/^ssh-ed25519 /);
});

test('the emitter writes the rows, and the topics are verified', async () => {
  expect(await answer('verify')).toMatchObject({
    status: 1,
    equal: false,
    streams: { pin: { missing: ROWS } },
  });

  const { status, summaries } = await answer('emit', '--limit', '200', '--until-caught-up');
  expect([status, summaries.length]).toEqual([0, 3]);

  expect(await answer('verify')).toMatchObject({ status: 0, equal: true });
});

test('a row that comes later is missed until it is emitted', async () => {
  await addSamplePosts(owner, 1);

  expect(await answer('verify')).toMatchObject({ status: 1, streams: { pin: { missing: 1 } } });
  expect(await run('emit')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Caught up with the tables.'),
  });
  expect(await answer('verify')).toMatchObject({ status: 0 });
});

test('the tables are saved, every row of them', async () => {
  const { status, tables } = await answer('save-tables', '--format', 'jsonl');

  expect(status).toBe(0);
  for (const { file, rows } of tables) {
    expect(rows).toBe(ROWS + 1);
    expect(readFileSync(path.resolve(directory, file), 'utf8').trimEnd().split('\n')).toHaveLength(ROWS + 1);
  }
});

test('the topics are listed, read and measured from here', async () => {
  const [topics, tail, offsets] = await Promise.all([
    run('topics'),
    run('tail', 'pin', '--max-messages', `${ROWS + 1}`),
    run('offsets'),
  ]);

  expect(topics.stdout).toBe(`${topicsOf(USER_ID).toSorted().join('\n')}\n`);
  expect(topics.stderr).toContain('On the emulator on this machine');
  expect(tail.stdout.match(/^\d+\t\{"index":.*\}$/gm)).toHaveLength(ROWS + 1);
  expect(offsets.stdout).toMatch(
    new RegExp(`^${USER_ID}.emitter +${USER_ID}.pin +\\d+  0 to \\d+: GTID `, 'm'),
  );
});

describe('the doctor', () => {
  test('finds nothing broken', async () => {
    const { status, diagnoses } = await answer('doctor');

    expect(diagnoses.filter((one: Diagnosis) => one.status === 'failed')).toEqual([]);
    expect(diagnoses).toContainEqual(
      expect.objectContaining({ check: 'zones', text: 'use1-az1, use1-az2, use1-az4' }),
    );
    expect(status).toBe(0);
  });

  test('has no other account than the one that the emulator plays', async () => {
    const { status, stderr } = await answer('deploy-local', '--account=free-plan');

    expect(status).toBe(2);
    expect(stderr).toContain('--account is free-plan: allowed for a new emulator only');
  });

  /** Breaks something, asks the doctor, and mends it. */
  async function brokenBy(
    breakIt: () => Promise<unknown>,
    mendIt: () => Promise<unknown>,
  ): Promise<Diagnosis[]> {
    await breakIt();
    try {
      const { diagnoses } = await answer('doctor');
      return diagnoses.filter((one: Diagnosis) => one.status === 'failed' || one.fix !== undefined);
    } finally {
      await mendIt();
    }
  }

  test('names a topic that was deleted, and how to create it', async () => {
    const topic = `${USER_ID}.geo`;
    const found = await brokenBy(
      () => withAdmin((admin) => admin.deleteTopics({ topics: [topic] }), kafka()),
      () => createTopics(kafka(), USER_ID),
    );

    expect(found).toEqual([
      expect.objectContaining({
        check: 'topics',
        status: 'failed',
        text: `missing: ${topic}`,
        fix: expect.stringContaining(`--topic-name ${topic} --partition-count 3`),
      }),
    ]);
  });

  test('names a private key that is gone, and one that is another', async () => {
    const ssm = new SSMClient(client());
    const { keyPairParameter: Name } = await outputs('KafkaClient');
    const file = path.join(directory, `${USER_ID}-key-pair.pem`);
    const key = readFileSync(file, 'utf8');

    const gone = await brokenBy(
      () => ssm.send(new DeleteParameterCommand({ Name })),
      () => ssm.send(new PutParameterCommand({ Name, Type: 'SecureString', Value: key })),
    );
    expect(gone).toMatchObject([{ check: 'key', text: expect.stringContaining('has no private key') }]);

    const other = await brokenBy(
      async () => {
        rmSync(file);
        writeFileSync(file, 'another key', { mode: 0o400 });
      },
      () => run('fetch-key', '--force'),
    );
    expect(other).toMatchObject([{ check: 'key', fix: 'npm run fetch-key -- --force' }]);
  });

  test('names a login that the database refuses', async () => {
    const { password } = await secretOf(USER_ID);
    const setPassword = async (value: unknown) => {
      await sql(`ALTER USER reader@'%' IDENTIFIED BY '${value}'`);
      await sql('KILL USER reader');
    };

    const found = await brokenBy(
      () => setPassword('another'),
      () => setPassword(password),
    );

    expect(found).toMatchObject([
      { check: 'emitter to database and Kafka', text: expect.stringContaining('AccessDeniedError') },
    ]);
  });

  test('names a secret that was never filled', async () => {
    const { secretArn: SecretId } = await outputs('RdsAccess');
    const filled = await secretOf(USER_ID);
    const put = (value: object) =>
      new SecretsManagerClient(client()).send(
        new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(value) }),
      );

    const found = await brokenBy(
      () => put({ ...filled, username: PLACEHOLDER_USER }),
      () => put(filled),
    );
    expect(found).toMatchObject([{ check: 'secret', fix: 'npm run put-credentials' }]);
  });

  test('names a machine that is stopped, a schedule that is off, and an alarm that rings', async () => {
    const ec2 = new EC2Client(client());
    const scheduler = new SchedulerClient(client());
    const { instanceId } = await outputs('KafkaClient');
    const { scheduleNames: Name } = await outputs('Emitter');
    const { GroupName, ScheduleExpression, FlexibleTimeWindow, Target } = await scheduler.send(
      new GetScheduleCommand({ Name }),
    );
    const schedule = (State: 'ENABLED' | 'DISABLED') =>
      scheduler.send(
        new UpdateScheduleCommand({ Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target, State }),
      );
    const alarm = (StateValue: 'ALARM' | 'OK') =>
      new CloudWatchClient(client()).send(
        new SetAlarmStateCommand({
          AlarmName: `Pinterest-${USER_ID}-Emitter: Emitter fails`,
          StateValue,
          StateReason: 'a test',
        }),
      );

    const found = await brokenBy(
      async () => {
        await ec2.send(new StopInstancesCommand({ InstanceIds: [instanceId] }));
        await schedule('DISABLED');
        await alarm('ALARM');
      },
      async () => {
        await ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
        await schedule('ENABLED');
        await alarm('OK');
      },
    );
    expect(found).toMatchObject([
      { check: 'Kafka client', text: expect.stringContaining('is stopped. Start it') },
      { check: 'schedule', status: 'warning', text: expect.stringContaining('switched off') },
      {
        check: 'alarms',
        text: `Pinterest-${USER_ID}-Emitter: Emitter fails`,
        fix: expect.stringContaining('lib/RUNBOOK.md'),
      },
    ]);
  });

  test('is content again when all is mended', async () => {
    expect(await run('doctor')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Nothing is broken.'),
    });
  });

  test('names the stacks of a user who has none', async () => {
    const { status, diagnoses } = await answer('doctor', '--user-id=nobody');

    expect(status).toBe(1);
    expect(
      diagnoses.filter((one: Diagnosis) => one.status === 'failed').map((one: Diagnosis) => one.check),
    ).toEqual(Object.keys(OUTPUTS).map((id) => `stack ${id}`));
  });
});

describe('the login of a database that is there already', () => {
  const userId = 'guest';
  const creds = path.join(directory, 'db_creds.yaml');
  let args: string[];

  beforeAll(async () => {
    const database = JSON.stringify({
      mode: 'existing',
      host: owner.host,
      port: owner.port,
      name: 'pinterest_data',
      reach: { via: 'internet' },
    });
    args = [`--user-id=${userId}`, `--context=pipeline.database=${database}`, `--creds=${creds}`];
    await runCdk({
      args: ['deploy', 'Network', 'RdsAccess', '--require-approval=never', '--method=direct'],
      deployment: {
        ...deployment,
        userId,
        configOverrides: [`pipeline.userId=${userId}`, `pipeline.database=${database}`],
      },
      directory,
      text: '',
      progress: silentProgress,
    });
  });

  test('is not stored where the database refuses it', async () => {
    writeCredentialsFile(creds, { ...owner, database: 'pinterest_data', password: 'a wrong password' });

    expect(await answer('put-credentials', ...args)).toMatchObject({ status: 2 });
    expect(await secretOf(userId)).toMatchObject({ username: PLACEHOLDER_USER });
  });

  test('is stored for the emitter when it is right', async () => {
    writeCredentialsFile(creds, { ...owner, database: 'pinterest_data' });

    expect(await answer('put-credentials', ...args)).toMatchObject({ status: 0 });
    expect(await secretOf(userId)).toMatchObject({
      username: owner.user,
      password: owner.password,
      host: owner.host,
      port: owner.port,
      dbname: 'pinterest_data',
    });
  });
});

test('nothing of all that was printed is a secret', async () => {
  const { password } = await secretOf(USER_ID);
  const key = readFileSync(path.join(directory, `${USER_ID}-key-pair.pem`), 'utf8');

  expect(printed.length).toBeGreaterThan(10_000);
  for (const value of [password, owner.password, 'a wrong password']) {
    expect(printed).not.toContain(value);
  }
  for (const line of key.split('\n').filter((text) => text !== '')) expect(printed).not.toContain(line);
});

/** What is in the secret with the login of the database of a user's pipeline. */
async function secretOf(userId: string): Promise<Record<string, unknown>> {
  const { secretArn: SecretId } = await stackOutputs(chooseAccount(), userId, 'RdsAccess');
  const { SecretString = '' } = await new SecretsManagerClient(client()).send(
    new GetSecretValueCommand({ SecretId }),
  );
  return JSON.parse(SecretString);
}

test('the key goes with the pipeline that it opens', async () => {
  expect(await run('destroy-local')).toMatchObject({
    status: 0,
    stderr: expect.stringContaining(`Removed ${USER_ID}-key-pair.pem, whose key is gone.`),
  });
  expect(existsSync(path.join(directory, `${USER_ID}-key-pair.pem`))).toBe(false);
});

async function sql(statement: string): Promise<void> {
  const connection = await createConnection({ ...owner, database: undefined });
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
