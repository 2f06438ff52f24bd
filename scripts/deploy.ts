import { Command } from 'commander';
import { ConfigurationError } from '../lambda/shared/errors';
import { accountId } from './aws/account-id';
import { isBootstrapped } from './aws/bootstrap';
import { type Cdk, cdk, contextArguments } from './aws/cdk';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { checkDeployment } from './aws/deployment-checks';
import { endTerminationProtection, hasNeverBeenDeployed, presentStacks } from './aws/present-stacks';
import { billOf } from './cost/bill';
import { shortBillText } from './cost/bill-text';
import { type CommandLine, commandLine, runWhenMain } from './terminal/command';
import { type Ask, askOnTerminal } from './terminal/question';

interface Options extends DeployedPipelineOptions {
  readonly yes?: true;
}

const command = withPipelineOptions(new Command('npm run deploy --'))
  .description(
    'Shows what the pipeline costs, checks the account, asks, and deploys the five stacks with the CDK CLI.',
  )
  .option('-y, --yes', 'do not ask')
  .argument('[cdk...]', 'after another "--": options of "cdk deploy"')
  .addHelpText(
    'after',
    `
Nothing is touched if AWS would refuse it: shards beyond the Lambda quota, backups beyond the free plan, other zones, or two
changes of the cluster at once. If needed, the account is bootstrapped for CDK first. A stack whose first deployment failed is
deleted and created again. "npm run diff" shows the changes beforehand, including permissions; the CDK CLI does not ask about
permissions again, except with -- --require-approval broadening.

Exit status: 0 deployed; 1 declined; 2 wrong use, refused, or AWS out of reach; otherwise the status of the CDK CLI.

Examples:
  npm run deploy
  npm run deploy -- --yes -c pipeline.userId=ada -- --no-rollback`,
  );

/** Creates `npm run deploy` with this CDK CLI and this way to ask. */
export const deployWith = (surroundings: { readonly cdk: Cdk; readonly ask: Ask }): CommandLine =>
  commandLine(command, async ({ yes, ...options }: Options) => {
    const { account, config, overrides } = deployedPipeline(options);
    const id = await accountId(account);
    const [bootstrapped, stacks, doubts] = await Promise.all([
      isBootstrapped(account),
      presentStacks(account, config.userId),
      checkDeployment({ account, config }),
    ]);
    const environment = `aws://${id}/${config.region}`;
    const failed = stacks.filter(hasNeverBeenDeployed);

    say(account.isEmulator ? 'On AWS this would cost:\n' : `In the account ${id} this costs:\n`);
    say(`${shortBillText(billOf(config))}\n`);
    if (!bootstrapped) say(`CDK is not set up there yet. That is done first: cdk bootstrap ${environment}`);
    for (const { StackName, StackStatus } of failed) {
      say(
        `The first deployment of ${StackName} failed (${StackStatus}). Its termination protection is removed, and the stack is deleted and created again.`,
      );
    }

    for (const doubt of doubts) say(`AWS may refuse this: ${doubt}`);

    if (!yes && !account.isEmulator) {
      const answer = await surroundings.ask('Deploy? [y/N] ');
      if (answer === undefined) {
        throw new ConfigurationError(
          'There is no terminal to ask on. Nothing was deployed; --yes deploys without asking.',
        );
      }
      if (!/^y(es)?$/i.test(answer)) {
        say('Nothing was deployed.');
        return 1;
      }
    }

    if (!bootstrapped) {
      const status = await surroundings.cdk(account, ['bootstrap', environment]);
      if (status !== 0) return status;
    }
    await endTerminationProtection(account, failed);
    return await surroundings.cdk(account, [
      'deploy',
      '--all',
      // The CLI would ask for each stack, in the middle of a deployment that takes most of an hour.
      ...(command.args.some((arg) => arg.startsWith('--require-approval'))
        ? []
        : ['--require-approval=never']),
      // The emulator drops a change of nothing but outputs from a change set.
      ...(account.isEmulator ? ['--method=direct'] : []),
      ...contextArguments(overrides),
      ...command.args,
    ]);
  });

/** `npm run deploy` */
export const deploy = deployWith({ cdk, ask: askOnTerminal });

runWhenMain(module, deploy);

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
