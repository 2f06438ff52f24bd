import { Command } from 'commander';
import { type EmitEvent, parseEvent } from '../lambda/emitter/event';
import { STREAMS } from '../lambda/emitter/streams';
import type { EmitSummary } from '../lambda/emitter/summary';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { invokeFunction } from './aws/invoke-function';
import { stackOutputs } from './aws/stack-outputs';
import { commandLine, runWhenMain } from './terminal/command';
import { emitText } from './terminal/emit-text';
import { wholeNumber } from './terminal/option-values';
import { terminalProgress } from './terminal/progress';

interface Options extends DeployedPipelineOptions {
  readonly limit?: number;
  readonly from?: string;
  readonly table?: readonly string[];
  readonly dryRun?: true;
  readonly untilCaughtUp?: true;
  readonly json?: true;
}

const command = withPipelineOptions(new Command('npm run emit --'))
  .description('Runs the deployed emitter now, besides its schedule, and shows what it did.')
  .option('--limit <posts>', 'most posts (distinct keys) of a run', wholeNumber)
  .option(
    '--from <key>',
    'set the checkpoint to this key first: a smaller one emits rows again, a larger one leaves rows out',
  )
  .option('--table <name...>', `only these: ${STREAMS.map(({ table }) => table).join(', ')}`)
  .option('--dry-run', 'read and count, write nothing and move nothing')
  .option('--until-caught-up', 'run again until the end of the tables')
  .option('--json', 'write the summaries as JSON')
  .addHelpText(
    'after',
    `
Exit status: 0 done; 1 a newer run took over, or runs no longer come nearer to the end; 2 failed, or wrong use.

Example: npm run emit -- --until-caught-up`,
  );

/** `npm run emit` */
export const emit = commandLine(command, async (options: Options) => {
  const event = eventOf(options);
  const { account, config } = deployedPipeline(options);
  const { functionName } = await stackOutputs(account, config.userId, 'Emitter');
  const run = async (runEvent: EmitEvent): Promise<EmitSummary> => {
    const step = terminalProgress().step(`Running ${functionName}`);
    try {
      const summary = await invokeFunction<EmitSummary>(account, functionName, runEvent);
      step.done(`Ran ${functionName}`);
      return summary;
    } catch (error) {
      step.failed();
      throw error;
    }
  };

  const summaries = [await run(event)];
  const { from: _, ...goOn } = event;
  while (options.untilCaughtUp && hasMore(summaries)) summaries.push(await run(goOn));

  process.stdout.write(
    `${options.json ? JSON.stringify({ summaries }, undefined, 2) : emitText(summaries)}\n`,
  );
  const { stopped, caughtUp } = summaries.at(-1) as EmitSummary;
  return stopped === 'fenced' || (options.untilCaughtUp && !caughtUp) ? 1 : 0;
});

/** @throws ConfigurationError naming the option that the emitter would refuse. */
function eventOf({ limit, from, table, dryRun }: Options): EmitEvent {
  const event = { limit, from, tables: table, dryRun };
  const given = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
  parseEvent(given, undefined);
  return given as EmitEvent;
}

/** Whether another run makes sense: a dry one, or one that emitted nothing, would be followed by its like. */
function hasMore(summaries: readonly EmitSummary[]): boolean {
  const { caughtUp, stopped, emitted, deadLettered, dryRun } = summaries.at(-1) as EmitSummary;
  const moved = Object.values(emitted).some((rows) => rows > 0) || deadLettered > 0;
  return !caughtUp && stopped !== 'fenced' && !dryRun && moved;
}

runWhenMain(module, emit);
