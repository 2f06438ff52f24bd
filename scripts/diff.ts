import { Command } from 'commander';
import { accountId } from './aws/account-id';
import { type Cdk, cdk, contextArguments } from './aws/cdk';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { type CommandLine, commandLine, runWhenMain } from './terminal/command';

const command = withPipelineOptions(new Command('npm run diff --'))
  .description('Shows what "npm run deploy" would change, with the CDK CLI.')
  .argument('[cdk...]', 'after another "--": options of "cdk diff"')
  .addHelpText(
    'after',
    `
Exit status: that of the CDK CLI, 0 whether or not something would change; 2 wrong use, or AWS out of reach.

Examples:
  npm run diff
  npm run diff -- -c pipeline.kafka.volumeGiB=20 -- KafkaCluster --fail`,
  );

/** Creates `npm run diff` with this CDK CLI. */
export const diffWith = (surroundings: { readonly cdk: Cdk }): CommandLine =>
  commandLine(command, async (options: DeployedPipelineOptions) => {
    const { account, overrides } = deployedPipeline(options);
    // Before the CDK CLI, which takes minutes to say that nobody is signed in, and with another exit status.
    await accountId(account);
    return await surroundings.cdk(account, [
      'diff',
      // As the deployment there is made without a change set.
      ...(account.isEmulator ? ['--method=template'] : []),
      ...contextArguments(overrides),
      ...command.args,
    ]);
  });

/** `npm run diff` */
export const diff = diffWith({ cdk });

runWhenMain(module, diff);
