import { type Command, Option } from 'commander';
import type { PipelineConfig } from '../../lib/config';
import { type AwsAccount, chooseAccount } from './aws-account';
import { pipelineConfig } from './pipeline-config';

/** The options that say which deployed pipeline a command is about. */
export interface DeployedPipelineOptions {
  readonly userId?: string;
  readonly context: readonly string[];
  readonly aws?: true;
}

/** A pipeline on AWS or on the emulator, as it is configured; whether it is deployed is another question. */
export interface DeployedPipeline {
  readonly account: AwsAccount;
  readonly config: PipelineConfig;
  /** Configuration of the command line, for the CDK CLI: `pipeline.<field>=<value>` each. */
  readonly overrides: readonly string[];
}

/** Adds the options that say which deployed pipeline a command is about. */
export const withPipelineOptions = (command: Command): Command =>
  command
    .option('--user-id <id>', 'whose pipeline (default: the one of cdk.json)')
    .addOption(
      new Option(
        '-c, --context <field=value>',
        'configuration over that of cdk.json, as "cdk -c" takes it: pipeline.kafka.brokers=6; may be repeated',
      )
        .argParser((value: string, values: readonly string[]) => [...values, value])
        .default([], 'none'),
    )
    .option('--aws', 'AWS itself, also while "npm run deploy:local" runs');

/**
 * Finds the pipeline that a command is about, and says on standard error where. While "npm run deploy:local" has left
 * one on the emulator it is that one.
 *
 * @throws ExpectedError naming each wrong field of the configuration.
 */
export function deployedPipeline({ aws, userId, context }: DeployedPipelineOptions): DeployedPipeline {
  const account = chooseAccount({ aws });
  const overrides = [
    ...account.overrides,
    ...context,
    ...(userId === undefined ? [] : [`pipeline.userId=${userId}`]),
  ];
  const config = pipelineConfig(overrides);
  const hint = account.isEmulator ? ' ("-- --aws" is for AWS itself)' : '';
  process.stderr.write(`On ${account.name}, ${config.region}, user id ${config.userId}${hint}.\n`);
  return { account, config, overrides };
}
