import path from 'node:path';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { withdrawDeployment } from '../aws/emulated-deployment';
import { beforeServersStop } from '../local/child-processes';
import { dropDatabase } from '../local/database-logins';
import { startLocalServers } from '../local/pipeline-servers';
import { silentProgress } from '../terminal/progress';
import { isSystemError, systemErrorText } from '../terminal/system-error';
import { type EmulatedAccount, startEmulator } from './emulator';
import { emulatorPython } from './python-environment';

/** Message of the host to the process that started it, sent once: when all is up, or when that failed. */
export type HostAnswer =
  | { readonly endpoint: string; readonly admin: DatabaseLogin }
  | { readonly error: { readonly name: string; readonly message: string } };

/** Message to the host: stay after this process has ended. */
export const STAY = 'stay';

if (require.main === module) void run(process.argv[2] as string, process.argv[3] as EmulatedAccount);

/** The process that owns the emulator with its servers, and ends them when it ends. */
async function run(directory: string, account: EmulatedAccount): Promise<void> {
  let stays = false;
  process.once('message', (message) => {
    stays = message === STAY;
  });
  process.once('disconnect', () => {
    if (!stays) process.kill(process.pid, 'SIGTERM');
  });
  beforeServersStop(async () => withdrawDeployment(directory));
  try {
    const servers = await startLocalServers({ directory, fresh: true, progress: silentProgress });
    // Databases and accounts are what is deployed, and nothing else.
    await dropDatabase(servers.database.admin, servers.database);
    const emulator = await startEmulator({
      python: await emulatorPython(silentProgress),
      directory: path.join(directory, 'emulator'),
      servers,
      account,
    });
    let stops = false;
    // Before the servers that functions use.
    beforeServersStop(() => {
      stops = true;
      return emulator.stop();
    });
    void emulator.ended.then(() => {
      if (!stops) process.kill(process.pid, 'SIGTERM');
    });
    answer({ endpoint: emulator.endpoint, admin: servers.database.admin });
  } catch (error) {
    const { name, message } = error as Error;
    answer({ error: { name, message: isSystemError(error) ? systemErrorText(error) : message } });
  }
}

const answer = (what: HostAnswer): void => void process.send?.(what);
