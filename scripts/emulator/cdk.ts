import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { AwsError } from '../aws/aws-call';
import { deploymentEnvironment, type EmulatedDeployment } from '../aws/emulated-deployment';
import { beforeServersStop } from '../local/child-processes';
import type { Progress } from '../terminal/progress';

/** Folder of cdk.json. */
const PROJECT = path.resolve(__dirname, '../..');

/** The version of the CLI that the project pins. */
const CLI = require.resolve('aws-cdk/bin/cdk');

/** Line with which the CLI begins a stack: `Network (Pinterest-ada-Network): deploying... [1/5]`. */
const BEGINS = /^(\S+) \(\S+\): (deploying|destroying)\.\.\./;

/** First line of an error of the CLI. */
const WRONG = /Failed resources:|❌|^\S*Error\b|The configuration is wrong/;

/** A run of the CDK CLI on the emulator. */
export interface CdkRun {
  /** Arguments, such as `deploy --all`. */
  readonly args: readonly [command: string, ...string[]];
  readonly deployment: EmulatedDeployment;
  /** Directory of the deployment; receives the templates and, as `cdk-<command>.log`, the CLI's output. */
  readonly directory: string;
  /** Step that is shown until the first stack begins. */
  readonly text: string;
  readonly progress: Progress;
}

/**
 * Runs the CDK CLI to its end, with one step of progress for each stack. A signal to this process ends it, too.
 *
 * @throws AwsError with what the CLI says is wrong.
 */
export async function runCdk({ args, deployment, directory, text, progress }: CdkRun): Promise<void> {
  const context = deployment.configOverrides.map((override) => `--context=${override}`);
  const child = spawn(
    process.execPath,
    [CLI, ...args, `--output=${path.join(directory, 'cdk.out')}`, ...context],
    {
      // Own process group, so that it can be killed together with the app that it runs.
      detached: true,
      cwd: PROJECT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...deploymentEnvironment(deployment, directory), NO_COLOR: '1' },
    },
  );
  beforeServersStop(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid as number), 'SIGTERM');
  });
  const logFile = path.join(directory, `cdk-${args[0]}.log`);
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
