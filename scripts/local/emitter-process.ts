import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { EMITTER_VARIABLES, type EmitterVariables } from '../../lambda/shared/environment';
import { heapOptions } from '../../lambda/shared/heap';
import type { PerStream } from '../../lambda/shared/streams';
import { EmitterRunError } from '../runs/emitter-run-error';

/** Request to the emitter's process. */
export interface HostRequest {
  readonly event: EmitEvent;
  readonly timeoutMs: number;
}

/** Response of the emitter's process. */
export type HostAnswer = Omit<LocalRun, 'summary'> &
  (
    | { readonly summary: EmitSummary }
    | { readonly error: { readonly name: string; readonly message: string } }
  );

/** A run of the emitter that ended well. */
export interface LocalRun {
  readonly summary: EmitSummary;
  /** The most memory that the process has had so far. */
  readonly peakMemoryBytes: number;
  /** Time to load the handler with its imports, in milliseconds. */
  readonly loadMs: number;
}

/** Program of the emitter's process. */
export interface EmitterProgram {
  /** Arguments of Node: a built `emitter-host.ts`, the file with the handler. */
  readonly args: readonly string[];
  /** More variables, such as a function has besides those of the emitter. */
  readonly environment: NodeJS.ProcessEnv;
}

/** The sources as they are. */
const SOURCES: EmitterProgram = {
  // By its file, because Node looks for a name in the folder that the command was started in.
  args: ['--import', pathToFileURL(require.resolve('tsx')).href, path.join(__dirname, 'emitter-host.ts')],
  environment: {},
};

/** Lambda's longest timeout, in milliseconds. */
const LONGEST_TIMEOUT_MS = 900_000;

/** Keeps the heap as small as in a function of 512 MB; on a machine with much memory it would grow before it is cleaned. */
const HEAP = heapOptions(256);

/** Timeout for the emitter to close its connections, in milliseconds. */
const END_MS = 10_000;

/** Variables of the user's own, which the emitter or its log would take for settings. The region is also that of their credentials. */
const SETTINGS = new Set(EMITTER_VARIABLES.filter((name) => name !== 'AWS_REGION'));
const LOG_SETTINGS = /^(POWERTOOLS_|AWS_LAMBDA_|LOG_LEVEL$)/;

const surroundings = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name, value]) => !SETTINGS.has(name) && !LOG_SETTINGS.test(name) && value !== '',
    ),
  );

/** The real handler in a process of its own, as on Lambda: warm from one event to the next, with its log in a file. */
export class EmitterProcess {
  private readonly child: ChildProcess;
  private onCommitted: (emitted: PerStream<number>) => void = () => {};

  /**
   * @param variables the function's environment
   * @param logFile takes what the function logs, one JSON object a line; appended to
   * @param program @default the sources as they are
   */
  constructor(variables: EmitterVariables, logFile: string, { args, environment } = SOURCES) {
    this.child = spawn(process.execPath, [...HEAP, ...args], {
      // Out of reach of Ctrl-C, which would end it in the middle of a run.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...surroundings(), POWERTOOLS_LOG_LEVEL: 'DEBUG', ...environment, ...variables },
    });
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
    this.child.stderr?.pipe(log, { end: false });
    if (this.child.stdout !== null) {
      createInterface(this.child.stdout).on('line', (line) => {
        log.write(`${line}\n`);
        this.readLog(line);
      });
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /**
   * One run of the emitter.
   *
   * @param onCommitted told after each transaction how many rows this run has emitted
   * @throws EmitterRunError with the emitter's own message.
   */
  async invoke(
    event: EmitEvent = {},
    onCommitted: (emitted: PerStream<number>) => void = () => {},
    timeoutMs = LONGEST_TIMEOUT_MS,
  ): Promise<LocalRun> {
    this.onCommitted = onCommitted;
    const gone = new AbortController();
    const exit = once(this.child, 'exit', { signal: gone.signal }).then(([code, signal]) => {
      throw new EmitterRunError('Crashed', `the emitter's process ended with ${signal ?? `status ${code}`}`);
    });
    exit.catch(() => {});
    try {
      this.child.send({ event, timeoutMs } satisfies HostRequest);
      const [answer] = (await Promise.race([once(this.child, 'message'), exit])) as [HostAnswer];
      if ('error' in answer) throw new EmitterRunError(answer.error.name, answer.error.message);
      return answer;
    } finally {
      gone.abort();
    }
  }

  /** Sends a signal and nothing else. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends the process after it has closed its connections, or without that where it does not come to it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    if (this.child.connected) this.child.send('end');
    const timer = new AbortController();
    await Promise.race([exit, delay(END_MS, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await exit;
    }
  }

  private readLog(line: string): void {
    if (!line.includes('"Committed a chunk"')) return;
    this.onCommitted((JSON.parse(line) as { emitted: PerStream<number> }).emitted);
  }
}
