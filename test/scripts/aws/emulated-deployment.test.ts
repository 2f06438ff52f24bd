import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  announceDeployment,
  DIRECTORY_VARIABLE,
  deploymentDirectory,
  deploymentEnvironment,
  type EmulatedDeployment,
  runningDeployment,
  withdrawDeployment,
} from '../../../scripts/aws/emulated-deployment';
import { LOCAL_DIRECTORY } from '../../../scripts/machine/paths';

const directory = mkdtempSync(path.join(tmpdir(), 'deployment-'));
let host: ChildProcess;
let deployment: EmulatedDeployment;

beforeAll(async () => {
  host = spawn(process.execPath, ['--eval', 'console.log(); setInterval(() => {}, 1e6)', '--', directory]);
  await once(host.stdout as NodeJS.ReadableStream, 'data');
  deployment = {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    accessKeyId: 'KEY',
    secretAccessKey: 'secret',
    userId: 'ada',
    configOverrides: ['pipeline.emitter.everyMinutes=2'],
    ownerCreds: path.join(directory, 'owner_db_creds.yaml'),
    pid: host.pid as number,
  };
});

afterAll(async () => {
  host.kill();
  await once(host, 'exit');
  rmSync(directory, { recursive: true });
});

beforeEach(() => announceDeployment(deployment, directory));

describe('a deployment to the emulator', () => {
  test('is known while its host runs, and to this user only', () => {
    expect(runningDeployment(directory)).toEqual(deployment);
    expect(statSync(path.join(directory, 'deployment.json')).mode & 0o777).toBe(0o600);
  });

  test('is known as it was announced last', () => {
    announceDeployment({ ...deployment, configOverrides: [] }, directory);

    expect(runningDeployment(directory)).toMatchObject({ configOverrides: [] });
  });

  test.each([
    ['it was withdrawn', () => withdrawDeployment(directory)],
    ['its host is gone', () => announceDeployment({ ...deployment, pid: 2 ** 30 }, directory)],
    [
      'its process id is another program’s now',
      () => announceDeployment({ ...deployment, pid: process.ppid }, directory),
    ],
    [
      'what is known of it is cut short',
      () => writeFileSync(path.join(directory, 'deployment.json'), '{"endpoint"'),
    ],
    [
      'what is known of it is of another version',
      () => writeFileSync(path.join(directory, 'deployment.json'), '{}'),
    ],
  ])('is none when %s', (_, spoil) => {
    spoil();

    expect(runningDeployment(directory)).toBeUndefined();
  });

  test('is reached with its login, whatever the user’s own environment says', () => {
    expect({ AWS_PROFILE: 'mine', ...deploymentEnvironment(deployment, directory) }).toMatchObject({
      AWS_ENDPOINT_URL: deployment.endpoint,
      AWS_ACCESS_KEY_ID: 'KEY',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: '',
      AWS_REGION: 'us-east-1',
      AWS_PROFILE: '',
      CDK_HOME: path.join(directory, 'cdk'),
    });
  });
});

describe('its directory', () => {
  afterEach(() => {
    delete process.env[DIRECTORY_VARIABLE];
  });

  test('is in the folder that git does not see', () => {
    expect(deploymentDirectory()).toBe(path.join(LOCAL_DIRECTORY, 'deployment'));
  });

  test('may be another one', () => {
    process.env[DIRECTORY_VARIABLE] = directory;

    expect(deploymentDirectory()).toBe(directory);
  });
});
