import { rmSync } from 'node:fs';
import path from 'node:path';
import { LOCAL_DIRECTORY } from '../../scripts/machine/paths';
import { processesIn, runCommandProcess } from './support/command-process';

jest.setTimeout(300_000);

const directory = path.join(LOCAL_DIRECTORY, 'test-deployment', `accounts-${process.pid}`);

const deploy = (account: string, ...args: readonly string[]) =>
  runCommandProcess(
    directory,
    'deploy-local',
    `--account=${account}`,
    '--user-id=ada',
    '--context=pipeline.database.sampleRows=10',
    ...args,
  );

afterEach(async () => {
  await runCommandProcess(directory, 'destroy-local');
  rmSync(directory, { recursive: true, force: true });
});

describe('an account with small quotas', () => {
  test('is said to refuse much memory, and refuses it', async () => {
    const { status, stderr } = await deploy('small-quotas', '--context=pipeline.emitter.memoryMB=4096');

    expect(status).not.toBe(0);
    expect(stderr).toContain(
      'AWS may refuse this: pipeline.emitter.memoryMB is 4096: allowed in a new account: at most 3008',
    );
    expect(stderr).toContain("'MemorySize' value failed to satisfy constraint");
    expect(processesIn(directory)).toEqual([]);
  });
});

describe('an account on the free plan', () => {
  test('refuses a week of backups before anything is touched', async () => {
    const { status, stderr } = await deploy('free-plan');

    expect(status).toBe(2);
    expect(stderr).toContain(
      "pipeline.database.backupDays is 7: allowed: 1, because this account is on AWS's free plan",
    );
    expect(stderr).not.toContain('Bootstrapping');
    expect(processesIn(directory)).toEqual([]);
  });

  test('takes one day of backups', async () => {
    expect(await deploy('free-plan', '--context=pipeline.database.backupDays=1')).toMatchObject({
      status: 0,
    });
  });
});
