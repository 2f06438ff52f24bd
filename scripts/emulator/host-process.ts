import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { AwsError } from '../aws/aws-call';
import { withdrawDeployment } from '../aws/emulated-deployment';
import { beforeServersStop, killOrphans } from '../local/child-processes';
import { LockedError, takeLock } from '../local/exclusive-lock';
import { ToolchainError } from '../local/toolchain';
import type { EmulatedAccount } from './emulator';
import { type HostAnswer, STAY } from './host';

/** Timeout after which a host that is stopping its servers is killed, in milliseconds. */
const STOP_MS = 45_000;

/** The folders of what a host runs. */
const SERVERS = ['emulator', 'kafka', 'mariadb'] as const;

/** Host that this process started. It ends with this process, however that ends, unless it is told to stay. */
export interface StartedHost {
  readonly pid: number;
  readonly endpoint: string;
  /** May do everything in the embedded MariaDB. */
  readonly admin: DatabaseLogin;
  /** Lets it go on without this process. */
  stay(): Promise<void>;
  /** Stops it with its servers. */
  stop(): Promise<void>;
}

/**
 * Starts the process that owns the emulator and its servers.
 *
 * @param directory absolute path of the deployment
 * @param account that the emulator plays
 * @throws LockedError when another one is there.
 * @throws AwsError with the words of the server that does not come up.
 */
export async function startHost(directory: string, account: EmulatedAccount): Promise<StartedHost> {
  mkdirSync(directory, { recursive: true });
  const log = openSync(path.join(directory, 'host.log'), 'w', 0o600);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.join(__dirname, 'host.ts'), directory, account],
    {
      // Out of reach of Ctrl-C, so that it can be stopped gracefully.
      detached: true,
      cwd: __dirname,
      stdio: ['ignore', log, log, 'ipc'],
    },
  );
  closeSync(log);
  const pid = child.pid as number;
  let stays = false;
  const stop = () => stopHost(directory, pid);
  beforeServersStop(async () => {
    if (!stays) await stop();
  });
  const answer = await answerOf(child);
  if ('error' in answer) {
    await stop();
    throw asError(answer.error, directory);
  }
  return {
    ...answer,
    pid,
    stop,
    stay: async () => {
      await new Promise<void>((resolve, reject) => {
        child.send(STAY, (error) => (error === null ? resolve() : reject(error)));
      });
      stays = true;
      child.disconnect();
      child.unref();
    },
  };
}

const answerOf = (child: ChildProcess): Promise<HostAnswer> =>
  new Promise((resolve) => {
    child.once('message', (message) => resolve(message as HostAnswer));
    child.once('exit', () =>
      resolve({ error: { name: 'Error', message: 'The process of the emulator has ended.' } }),
    );
  });

function asError({ name, message }: { name: string; message: string }, directory: string): Error {
  if (name === 'LockedError') return new LockedError(message);
  if (name === 'ToolchainError') return new ToolchainError(message);
  return new AwsError(`${message}\nThere are logs in ${directory}.`, 'EmulatorFailed');
}

/**
 * Stops a host with its servers, and the orphans of a killed one.
 *
 * @param directory absolute path of its deployment
 * @param pid its process; @default the one that is gone already
 */
export async function stopHost(directory: string, pid?: number): Promise<void> {
  if (pid !== undefined) {
    send('SIGTERM', pid);
    for (const end = Date.now() + STOP_MS; holdsLock(directory); await delay(100)) {
      if (Date.now() > end) send('SIGKILL', pid);
    }
  }
  for (const server of SERVERS) {
    const files = path.join(directory, server);
    if (existsSync(files)) await killOrphans(files);
  }
}

function send(signal: NodeJS.Signals, pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Tells whether a host holds the lock of its servers; the kernel releases it when the process ends. */
function holdsLock(directory: string): boolean {
  try {
    takeLock(path.join(directory, 'lock')).release();
    return false;
  } catch (error) {
    if (error instanceof LockedError) return true;
    throw error;
  }
}

/** Removes the files of a stopped host; logs of the CDK and of the host stay. */
export function removeHostFiles(directory: string): void {
  withdrawDeployment(directory);
  for (const name of [...SERVERS, 'cdk', 'cdk.out', 'owner_db_creds.yaml']) {
    rmSync(path.join(directory, name), { recursive: true, force: true });
  }
}
