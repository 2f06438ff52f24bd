import path from 'node:path';
import { Command, Option } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { deploymentDirectory, runningDeployment } from './aws/emulated-deployment';
import { pipelineConfig } from './aws/pipeline-config';
import { deployToNewEmulator, updateDeployment } from './emulator/deploy';
import type { DeploymentDescription } from './emulator/describe-deployment';
import { EMULATED_ACCOUNTS, type EmulatedAccount } from './emulator/emulator';
import { takeLock } from './local/exclusive-lock';
import { userId } from './options/pipeline-options';
import { commandLine, runWhenMain } from './terminal/command';
import { terminalProgress } from './terminal/progress';

interface Options {
  readonly userId?: string;
  readonly context: readonly string[];
  readonly account?: EmulatedAccount;
  readonly json?: true;
}

const command = new Command('npm run deploy:local --')
  .description(
    'Deploys the pipeline to an emulator of AWS on this machine, with the CDK and the templates that go to AWS.\n' +
      'Behind the emulator are a real Kafka and a real MariaDB. It stays in the background and runs on its schedule\n' +
      'until "npm run destroy:local". It proves wiring and code, not permissions.',
  )
  .option('--user-id <id>', 'whose pipeline (default: the one of cdk.json)', userId)
  .option(
    '-c, --context <field=value>',
    'configuration over that of cdk.json, as "cdk -c" takes it; may be repeated',
    (value: string, values: readonly string[]) => [...values, value],
    [],
  )
  .addOption(
    new Option('--account <kind>', 'account that the emulator plays (default: established)').choices(
      Object.keys(EMULATED_ACCOUNTS),
    ),
  )
  .option('--json', 'write how to reach it as JSON')
  .addHelpText(
    'after',
    `
Accounts:
${Object.entries(EMULATED_ACCOUNTS)
  .map(([kind, meaning]) => `  ${kind.padEnd(15)} ${meaning}`)
  .join('\n')}

A second run while it is up updates the same deployment: its configuration, changed by what is given.

Examples:
  npm run deploy:local
  npm run deploy:local -- --user-id ada -c pipeline.emitter.everyMinutes=2 -c pipeline.emitter.timeoutSeconds=60`,
  );

/** `npm run deploy:local` */
export const deployLocal = commandLine(command, async (options: Options) => {
  const directory = deploymentDirectory();
  const lock = takeLock(path.join(directory, 'commands', 'lock'));
  try {
    const running = runningDeployment(directory);
    const configOverrides = lastOfEach([
      ...(running?.configOverrides ?? []),
      ...options.context,
      ...(options.userId === undefined ? [] : [`pipeline.userId=${options.userId}`]),
    ]);
    const config = pipelineConfig(configOverrides);
    if (running !== undefined && running.userId !== config.userId) {
      throw new ConfigurationError(
        `The emulator has the pipeline of ${running.userId}. Before another one: npm run destroy:local.`,
      );
    }
    if (running !== undefined && options.account !== undefined) {
      throw new ConfigurationError(
        `--account is ${options.account}: allowed for a new emulator only. Before that: npm run destroy:local.`,
      );
    }
    const wanted = { userId: config.userId, configOverrides };
    const progress = terminalProgress();
    const description =
      running === undefined
        ? await deployToNewEmulator(wanted, options.account ?? 'established', directory, progress)
        : await updateDeployment({ ...running, ...wanted }, directory, progress);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(description, undefined, 2)}\n`
        : textOf(description, config.emitter.everyMinutes, directory),
    );
    return 0;
  } finally {
    lock.release();
  }
});

/** Keeps the last value of each field. */
const lastOfEach = (overrides: readonly string[]): string[] => [
  ...new Map(overrides.map((override) => [override.split('=', 1)[0], override])).values(),
];

const textOf = (of: DeploymentDescription, everyMinutes: number, directory: string): string => `
Deployed to an emulator of AWS on this machine: wiring and code are real, permissions and networks are not checked.

endpoint  ${of.endpoint} (${of.region})
Kafka     ${of.bootstrapServers}
emitter   ${of.functionName}, every ${everyMinutes} minutes
logs      ${path.relative('', directory)}

npm run fetch-key, npm run emit and npm run verify are about this one now; npm run destroy:local ends it.
`;

runWhenMain(module, deployLocal);
