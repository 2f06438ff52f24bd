import { Command } from 'commander';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { billOf } from './cost/bill';
import { billText } from './cost/bill-text';
import { commandLine, runWhenMain } from './terminal/command';

interface Options extends DeployedPipelineOptions {
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run cost --'))
  .description('What the configuration costs on AWS, line by line. Asks AWS nothing.')
  .option('--json', 'write the bill as JSON: every line with its quantity, price and source')
  .addHelpText(
    'after',
    `
Exit status: 0 done; 2 bad use, or a wrong configuration.

Example: npm run cost -- -c pipeline.kafka.brokerType=kafka.m7g.large -c pipeline.kafka.monitoring=PER_BROKER`,
  );

/** `npm run cost` */
export const cost = commandLine(command, async ({ json, ...options }: Options) => {
  const bill = billOf(deployedPipeline(options).config);
  process.stdout.write(`${json ? JSON.stringify(bill, undefined, 2) : billText(bill)}\n`);
  return 0;
});

runWhenMain(module, cost);
