import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { AwsError } from '../aws/aws-call';
import { beforeServersStop } from '../local/child-processes';
import type { Progress } from '../progress';

const ROOT = path.resolve(__dirname, '../..');

/** The CDK CLI of this project. */
const CLI = path.join(ROOT, 'node_modules/aws-cdk/bin/cdk');

/** How the CLI says that it goes on with a stack: `Network (Pinterest-ada-Network): deploying... [1/5]`. */
const BEGINS = /^(\S+) \(\S+\): (deploying|destroying)\.\.\./;

/** Where the CLI begins to say what is wrong. */
const WRONG = /Failed resources:|❌|^\S*Error\b|The configuration is wrong/;

/** A run of the CDK CLI. */
export interface CdkRun {
  readonly args: readonly string[];
  /** Over this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes all that it prints; written anew. */
  readonly logFile: string;
  /** What it does until it begins with a stack. */
  readonly text: string;
  readonly progress: Progress;
}

/**
 * Runs the CDK CLI to its end, with one step of progress for each stack. A signal to this process ends it, too.
 *
 * @throws AwsError with what the CLI says is wrong.
 */
export async function runCdk({ args, environment, logFile, text, progress }: CdkRun): Promise<void> {
  const child = spawn(process.execPath, [CLI, ...args], {
    // A group of its own, so that it can be ended together with the app that it runs.
    detached: true,
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment, NO_COLOR: '1' },
  });
  beforeServersStop(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGTERM');
  });
  const log = createWriteStream(logFile, { mode: 0o600 });
  const lines: string[] = [];
  let step = progress.step(text);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      log.write(`${line}\n`);
      lines.push(line);
      const [, stack, doing] = line.match(BEGINS) ?? [];
      if (stack === undefined) return;
      step.done();
      step = progress.step(`${doing === 'deploying' ? 'Deploying' : 'Destroying'} ${stack}`);
    });
  }
  const [status] = await once(child, 'close');
  log.end();
  if (status === 0) return step.done();
  step.failed();
  const wrong = lines.findIndex((line) => WRONG.test(line));
  throw new AwsError(
    `${lines.slice(wrong === -1 ? -20 : wrong).join('\n')}\ncdk ${args[0]} failed. All that it printed is in ${logFile}.`,
    'CdkFailed',
  );
}
