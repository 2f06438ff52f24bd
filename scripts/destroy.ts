import { setTimeout as delay } from 'node:timers/promises';
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
  waitsForInterfaces,
} from './aws/present-stacks';
import { stillBilled, stillBilledText } from './cost/still-billed';
import { type CommandLine, commandLine, runWhenMain } from './terminal/command';
import { type Ask, askOnTerminal } from './terminal/question';

interface Options extends DeployedPipelineOptions {
  readonly yes?: true;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run destroy --'))
  .description('Says what will be lost, asks, destroys the pipeline, and lists what is still billed.')
  .option('-y, --yes', 'do not ask')
  .option('--json', 'write what is still billed as JSON')
  .argument('[cdk...]', 'after another "--": options of "cdk destroy"')
  .addHelpText(
    'after',
    `
The network interfaces of functions and brokers can take 20 minutes to go. Until then their subnets cannot be deleted, so the
command waits and tries again, for up to half an hour.

Exit status: 0 destroyed, or nothing was there; 1 declined; 2 wrong use, or AWS out of reach; otherwise the status of the CDK CLI.

Examples:
  npm run destroy
  npm run destroy -- --user-id ada --yes`,
  );

/** Pause before the stacks that are left are deleted again, in milliseconds, and how often that is done. */
const PAUSE_MS = 300_000;
const MORE_TRIES = 6;

/** What `npm run destroy` needs: the CDK CLI, a way to ask, and a way to wait. */
export interface DestroySurroundings {
  readonly cdk: Cdk;
  readonly ask: Ask;
  /** @param ms milliseconds */
  readonly wait: (ms: number) => Promise<unknown>;
}

/** Creates `npm run destroy` with these surroundings. */
export const destroyWith = (surroundings: DestroySurroundings): CommandLine =>
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
      const args = ['destroy', '--all', '--force', ...contextArguments(overrides), ...command.args];
      status = await surroundings.cdk(account, args);
      for (let tries = 0; status !== 0 && tries < MORE_TRIES; tries += 1) {
        const left = await presentStacks(account, userId);
        const waiting = await Promise.all(left.map((stack) => waitsForInterfaces(account, stack)));
        if (!waiting.includes(true)) break;
        say(
          `Network interfaces are still there. Trying again in ${PAUSE_MS / 60_000} minutes; Ctrl-C ends that, and a later "npm run destroy" goes on.`,
        );
        await surroundings.wait(PAUSE_MS);
        status = await surroundings.cdk(account, args);
      }
    }

    const billed = await stillBilled(pipeline);
    process.stdout.write(`${json ? JSON.stringify(billed, undefined, 2) : stillBilledText(billed)}\n`);
    return status;
  });

/** `npm run destroy` */
export const destroy = destroyWith({ cdk, ask: askOnTerminal, wait: delay });

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
