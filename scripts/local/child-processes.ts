import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLineOf } from '../machine/command-line-of';
import { markInterrupted } from '../terminal/command';
import { ProgramError } from './program-error';

/** A server to run. */
export interface ChildProcessOptions {
  /** Names the log (`<name>.log`) and the process id file (`<name>.pid`) in the directory. */
  readonly name: string;
  /** Absolute path of the server's own directory. The command line must contain it: that is how the server of a dead process is recognised. */
  readonly directory: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds between SIGTERM and SIGKILL. @default 10000 */
  readonly graceMs?: number;
}

/** A running server of this process. */
export interface RunningChild {
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended, with how it ended. */
  readonly ended: Promise<string>;
  /** Sends a signal and nothing else. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after the grace time; settles when the process has ended. Calling it again is harmless. */
  stop(): Promise<void>;
  /**
   * Waits until `probe` no longer throws.
   *
   * @throws ProgramError with the end of the log when the process ends first or `timeoutMs` (@default 120000) is over.
   */
  ready<T>(probe: () => Promise<T>, timeoutMs?: number): Promise<T>;
}

const running = new Set<{ child: ChildProcess; stop(): Promise<void> }>();
const beforeStop: (() => Promise<void>)[] = [];
let handlersInstalled = false;

/** Registers work, such as an emitter's open transaction, to be finished before a signal stops the servers. */
export const beforeServersStop = (work: () => Promise<void>): void => {
  installHandlers();
  beforeStop.push(work);
};

/** Stops every server that this process started. */
export const stopChildren = async (): Promise<void> => {
  await Promise.all([...running].map((entry) => entry.stop()));
};

const SIGNAL_STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The servers have process groups of their own, so that Ctrl-C reaches this process only and the emitter can finish
 * while the brokers still run. In exchange they must be stopped here, however this process ends.
 */
function installHandlers(): void {
  if (handlersInstalled) return;
  handlersInstalled = true;
  let stopping = false;
  for (const [signal, status] of Object.entries(SIGNAL_STATUS)) {
    process.on(signal, () => {
      // A second Ctrl-C does not wait: the exit handler below kills what is left.
      if (stopping) process.exit(status);
      stopping = true;
      markInterrupted();
      void Promise.allSettled(beforeStop.map((work) => work()))
        .then(stopChildren)
        .finally(() => process.exit(status));
    });
  }
  process.on('exit', () => {
    for (const { child } of running) killGroup(child.pid);
  });
}

/** Kills a server, if it still runs, and its own children. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them have ended.
  }
}

/** Starts a server in its own process group, with its output appended to `<name>.log` in the directory. */
export async function startChild(options: ChildProcessOptions): Promise<RunningChild> {
  installHandlers();
  const logFile = path.join(options.directory, `${options.name}.log`);
  const pidFile = path.join(options.directory, `${options.name}.pid`);
  const log = openSync(logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.directory,
    detached: true,
    stdio: ['ignore', log, log],
    env: options.environment ?? process.env,
  });
  closeSync(log);

  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `status ${code}` : `signal ${signal}`));
    child.once('error', (error) => resolve(error.message));
  });
  const entry = { child, stop };
  running.add(entry);
  if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid}\n`);
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
    running.delete(entry);
    killGroup(child.pid);
    rmSync(pidFile, { force: true });
  });

  let stopped: Promise<void> | undefined;
  function stop(): Promise<void> {
    stopped ??= (async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), options.graceMs ?? 10_000);
      await ended;
      clearTimeout(timer);
    })();
    return stopped;
  }

  async function ready<T>(probe: () => Promise<T>, timeoutMs = 120_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        return await probe();
      } catch (error) {
        if (hasEnded || Date.now() > deadline) {
          const why = hasEnded ? `ended with ${await ended}` : `was not ready after ${timeoutMs / 1000} s`;
          const words = `${options.name} ${why}. The end of ${logFile}:\n${endOf(logFile)}`;
          throw new ProgramError(words, options.directory, { cause: error });
        }
        await delay(100);
      }
    }
  }

  return {
    pid: child.pid ?? 0,
    logFile,
    ended,
    kill: (signal) => void child.kill(signal),
    stop,
    ready,
  };
}

const endOf = (logFile: string): string =>
  readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');

/**
 * Kills the orphaned servers of a directory: those of an earlier process that was killed before it could stop them.
 *
 * A process id may belong to another program by now: only a process whose command line contains the directory is killed.
 */
export async function killOrphans(directory: string): Promise<void> {
  const files = readdirSync(directory).filter((file) => file.endsWith('.pid'));
  await Promise.all(
    files.map(async (file) => {
      const pid = Number(readFileSync(path.join(directory, file), 'utf8'));
      if (commandLineOf(pid).includes(directory)) {
        killGroup(pid);
        while (commandLineOf(pid).includes(directory)) await delay(20);
      }
      rmSync(path.join(directory, file), { force: true });
    }),
  );
}
