import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { announceDeployment, DIRECTORY_VARIABLE } from '../../scripts/aws/emulated-deployment';

/**
 * Makes commands of this test take the emulator for running, although nothing answers there: for tests that replace the
 * clients of the SDK.
 *
 * @param directory of the deployment; exists
 * @param overrides `pipeline.<field>=<value>` each
 * @returns the way to take that back.
 */
export async function announceEmulator(
  directory: string,
  overrides: readonly string[],
): Promise<() => Promise<void>> {
  // Such a process is recognised by the directory on its command line.
  const owner = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', directory], {
    stdio: 'ignore',
  });
  process.env[DIRECTORY_VARIABLE] = directory;
  announceDeployment({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    userId: 'ada',
    configOverrides: ['pipeline.userId=ada', ...overrides],
    ownerCreds: '',
    pid: owner.pid as number,
  });
  return async () => {
    delete process.env[DIRECTORY_VARIABLE];
    owner.kill();
    await once(owner, 'exit');
  };
}
