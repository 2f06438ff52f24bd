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
import {
  findKafkaClientLogin,
  runOnKafkaClient,
  type SshOptions,
  withSshOptions,
} from './aws/kafka-client-login';
import { type SshTarget, sshConfigEntry } from './aws/ssh';
import { openTunnelThrough } from './aws/tunnel';
import { commandLine, runWhenMain } from './terminal/command';
import { portNumber } from './terminal/option-values';

interface Options extends DeployedPipelineOptions, SshOptions {
  readonly sshConfig?: true;
  readonly tunnel?: true | number;
  readonly json?: true;
}

const command = withSshOptions(withPipelineOptions(new Command('npm run connect --')))
  .description('Opens a shell on the Kafka client by SSH, or runs one command there.')
  .passThroughOptions()
  .argument('[command...]', 'command to run there, such as "topics" or "tail-topic pin"')
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
  const target = await findKafkaClientLogin(pipeline, options);
  const alias = nameOf(pipeline.config.userId, 'KafkaClient').toLowerCase();
  if (options.json) return print(JSON.stringify({ alias, ...target }, undefined, 2));
  if (options.sshConfig) return print(sshConfigEntry(alias, target));
  if (options.tunnel !== undefined) return await keepTunnel(pipeline, target, options.tunnel);
  return await runOnKafkaClient(target, command.args);
});

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
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

runWhenMain(module, connect);
