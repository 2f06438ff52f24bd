import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DIRECTORY_VARIABLE } from '../../scripts/aws/emulated-deployment';
import { deployLocal } from '../../scripts/deploy-local';
import { destroyLocal } from '../../scripts/destroy-local';
import { takeLock } from '../../scripts/local/exclusive-lock';
import { runCommand } from '../support/run-command';

const directory = mkdtempSync(path.join(tmpdir(), 'deploy-local-'));

beforeAll(() => {
  process.env[DIRECTORY_VARIABLE] = directory;
});

afterAll(() => {
  delete process.env[DIRECTORY_VARIABLE];
  rmSync(directory, { recursive: true });
});

describe('npm run deploy:local', () => {
  test.each([
    ['an unknown option', ['--colour'], /unknown option '--colour'/],
    ['a wrong user id', ['--user-id', 'a b'], /allowed: 1 to 32 letters/],
    ['an unknown field', ['-c', 'pipeline.colour=red'], /pipeline\.colour is "red": allowed fields/],
    ['a wrong value', ['-c', 'pipeline.emitter.everyMinutes=1'], /everyMinutes is 1: allowed: at least 2/],
  ])('refuses %s before it starts anything', async (_, args, reason) => {
    const { status, stdout, stderr } = await runCommand(deployLocal, ...args);

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(existsSync(path.join(directory, 'kafka'))).toBe(false);
  });

  test('refuses to go on beside another one', async () => {
    const lock = takeLock(path.join(directory, 'commands', 'lock'));

    const { status, stderr } = await runCommand(deployLocal);
    lock.release();
    expect(status).toBe(2);
    expect(stderr).toMatch(/^Another process is using .*commands\.\n$/);
  });

  test('explains itself', async () => {
    const { status, stdout } = await runCommand(deployLocal, '--help');

    expect(status).toBe(0);
    expect(stdout).toContain('npm run deploy:local -- --user-id ada');
  });
});

describe('npm run destroy:local', () => {
  test('is content where nothing is deployed', async () => {
    expect(await runCommand(destroyLocal)).toEqual({
      status: 0,
      stdout: 'Nothing is deployed to an emulator on this machine.\n',
      stderr: '',
    });
    expect(JSON.parse((await runCommand(destroyLocal, '--json')).stdout)).toEqual({ destroyed: null });
  });
});
