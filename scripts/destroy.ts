import { Command } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { topicsOf } from '../lambda/shared/streams';
import type { PipelineConfig } from '../lib/config';
import { accountId } from './aws/account-id';
import type { AwsAccount } from './aws/aws-account';
import { type Cdk, cdk, contextArguments } from './aws/cdk';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import {
  endTerminationProtection,
  hasResource,
  type PresentStack,
  presentStacks,
} from './aws/present-stacks';
import { stillBilled, stillBilledText } from './cost/still-billed';
import { type CommandLine, commandLine, runWhenMain } from './terminal/command';
import { type Ask, askOnTerminal } from './terminal/question';

interface Options extends DeployedPipelineOptions {
  readonly yes?: true;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run destroy --'))
  .description('Says what will be lost, asks, destroys the pipeline, and says what is billed all the same.')
  .option('-y, --yes', 'do not ask')
  .option('--json', 'write what is still billed as JSON')
  .argument('[cdk...]', 'after another "--": what "cdk destroy" takes besides')
  .addHelpText(
    'after',
    `
The network interfaces of the functions can take 20 minutes to go.

Exit status: 0 destroyed, or nothing was there; 1 declined; 2 bad use, or AWS cannot be asked; otherwise that of the CDK CLI.

Examples:
  npm run destroy
  npm run destroy -- --user-id ada --yes`,
  );

/** `npm run destroy`, with this CDK CLI and this way to ask. */
export const destroyWith = (surroundings: { readonly cdk: Cdk; readonly ask: Ask }): CommandLine =>
  commandLine(command, async ({ yes, json, ...options }: Options) => {
    const pipeline = deployedPipeline(options);
    const { account, config, overrides } = pipeline;
    const { userId } = config;
    const [id, stacks] = await Promise.all([accountId(account), presentStacks(account, userId)]);
    let status = 0;

    if (stacks.length === 0) {
      say(`Nothing of ${userId} is deployed in the account ${id}.`);
    } else {
      say(`In the account ${id} this is destroyed, and lost with all that is in it:`);
      for (const stack of stacks.toReversed())
        say(`  ${stack.StackName}: ${await lossOf(account, config, stack)}`);
      if (!yes) {
        const answer = await surroundings.ask(`Type the user id, ${userId}, to destroy it: `);
        if (answer === undefined) {
          throw new ConfigurationError(
            'There is no terminal to ask on. Nothing was destroyed; --yes destroys without asking.',
          );
        }
        if (answer !== userId) {
          say('Nothing was destroyed.');
          return 1;
        }
      }
      await endTerminationProtection(account, stacks);
      status = await surroundings.cdk(account, [
        'destroy',
        '--all',
        '--force',
        ...contextArguments(overrides),
        ...command.args,
      ]);
    }

    const billed = await stillBilled(pipeline);
    process.stdout.write(`${json ? JSON.stringify(billed, undefined, 2) : stillBilledText(billed)}\n`);
    return status;
  });

/** `npm run destroy` */
export const destroy = destroyWith({ cdk, ask: askOnTerminal });

runWhenMain(module, destroy);

async function lossOf(account: AwsAccount, config: PipelineConfig, stack: PresentStack): Promise<string> {
  switch (stack.id) {
    case 'KafkaCluster':
      return `the topics ${topicsOf(config.userId).join(', ')} with all their records, and the checkpoint`;
    case 'RdsAccess':
      // As it was deployed, which the configuration may no longer say.
      return (await hasResource(account, stack, 'AWS::RDS::DBInstance'))
        ? 'the database; a snapshot of it stays, and is billed'
        : 'the secret with the login; the database that it opens stays as it is';
    case 'KafkaClient':
      return 'the machine with its disk, and the key pair, so that its .pem file opens nothing any more';
    case 'Emitter':
      return 'the functions, the schedule, their logs, and the events of runs that failed';
    case 'Network':
      return 'the network and its logs';
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
