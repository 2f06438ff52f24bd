import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { nameOf } from '../lib/names';
import { databaseLogin } from './aws/database-secret';
import {
  type DeployedPipeline,
  type DeployedPipelineOptions,
  deployedPipeline,
  withPipelineOptions,
} from './aws/deployed-pipeline';
import { findSshTarget, SSH_HINT, type SshTarget, sshArguments, sshConfigEntry } from './aws/ssh';
import { openTunnelThrough } from './aws/tunnel';
import { commandLine, runWhenMain } from './terminal/command';
import { portNumber } from './terminal/option-values';

interface Options extends DeployedPipelineOptions {
  readonly key?: string;
  readonly sessionManager?: true;
  readonly sshConfig?: true;
  readonly tunnel?: true | number;
  readonly json?: true;
}

/** Exit status of `ssh` when it could not connect; any other is that of the remote command. */
const SSH_FAILED = 255;

const command = withPipelineOptions(new Command('npm run connect --'))
  .description('Opens a shell on the Kafka client by SSH, or runs one command there.')
  .passThroughOptions()
  .argument('[command...]', 'command to run there, such as "topics" or "tail-topic pin"')
  .option('--key <file>', 'the private key (default: <key pair name>.pem, fetched where it is missing)')
  .option('--session-manager', 'SSH through AWS Session Manager, which needs no open port')
  .option('--ssh-config', 'print the Host entry for ~/.ssh/config, which VS Code Remote-SSH reads')
  .option('--tunnel [port]', 'forward a port of this machine to the database, until Ctrl-C', portNumber)
  .option('--json', 'print as JSON how to connect, without connecting')
  .addHelpText(
    'after',
    `
The host key is pinned at the first connection, in .local/known_hosts.

Examples:
  npm run connect
  npm run connect -- topics
  npm run connect -- --ssh-config >> ~/.ssh/config`,
  );

/** `npm run connect` */
export const connect = commandLine(command, async (options: Options) => {
  const pipeline = deployedPipeline(options);
  if (pipeline.account.isEmulator) {
    throw new ConfigurationError(
      'The emulator runs no machine to connect to. This command is for AWS itself.',
    );
  }
  // SSH through Session Manager, not a shell of Session Manager: that one is no login, and has neither the variables nor the
  // files of ec2-user.
  const throughSessionManager = options.sessionManager === true;
  if (throughSessionManager) await requireSessionManager();

  const target = await findSshTarget(pipeline, { key: options.key, throughSessionManager });
  const alias = nameOf(pipeline.config.userId, 'KafkaClient').toLowerCase();
  if (options.json) return print(JSON.stringify({ alias, ...target }, undefined, 2));
  if (options.sshConfig) return print(sshConfigEntry(alias, target));
  if (options.tunnel !== undefined) return await keepTunnel(pipeline, target, options.tunnel);
  return await ssh(target, command.args);
});

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

async function ssh(target: SshTarget, remoteCommand: readonly string[]): Promise<number> {
  const status = await run('ssh', [...sshArguments(target), ...remoteCommand]);
  if (status === SSH_FAILED && !target.throughSessionManager) process.stderr.write(`${SSH_HINT}\n`);
  return status;
}

async function keepTunnel(
  pipeline: DeployedPipeline,
  target: SshTarget,
  port: true | number,
): Promise<number> {
  if (pipeline.config.database.mode === 'existing') {
    throw new ConfigurationError(
      'pipeline.database.mode is "existing": allowed with --tunnel: "provisioned". The Kafka client cannot reach an existing database.',
    );
  }
  const { host, port: databasePort, user, database } = await databaseLogin(pipeline);
  const tunnel = await openTunnelThrough(
    target,
    { host, port: databasePort },
    port === true ? undefined : port,
  );
  process.stderr.write(
    `127.0.0.1:${tunnel.port} leads to ${host}:${databasePort} (user ${user}, database ${database}) until Ctrl-C.\n`,
  );
  let isAsked = false;
  process.once('SIGINT', () => {
    isAsked = true;
    void tunnel.close();
  });
  const said = await tunnel.ended;
  if (isAsked) return 0;
  process.stderr.write(`The tunnel is closed: ${said}\n`);
  return 1;
}

/** Runs a program in this terminal; Ctrl-C is for the program. */
async function run(program: string, args: readonly string[]): Promise<number> {
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  try {
    const child = spawn(program, args, { stdio: 'inherit', env: process.env });
    const [status] = (await once(child, 'exit')) as [number | null];
    return status ?? SSH_FAILED;
  } catch (error) {
    throw new ConfigurationError(`${program} cannot be run: ${(error as Error).message}.`);
  } finally {
    process.off('SIGINT', ignore);
  }
}

async function requireSessionManager(): Promise<void> {
  for (const [program, install] of [
    ['aws', 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'],
    [
      'session-manager-plugin',
      'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
    ],
  ] as const) {
    const child = spawn(program, ['--version'], { stdio: 'ignore', env: process.env });
    await once(child, 'exit').catch(() => {
      throw new ConfigurationError(`--session-manager needs the program ${program}: ${install}`);
    });
  }
}

runWhenMain(module, connect);
