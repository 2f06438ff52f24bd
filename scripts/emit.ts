import { Command } from 'commander';
import { type EmitEvent, parseEvent } from '../lambda/emitter/event';
import type { EmitSummary } from '../lambda/emitter/summary';
import { settledAll } from '../lambda/shared/settled-all';
import { STREAMS } from '../lambda/shared/streams';
import { type DeployedPipelineOptions, deployedPipeline, withPipelineOptions } from './aws/deployed-pipeline';
import { invokeFunction } from './aws/invoke-function';
import { stackOutputs } from './aws/stack-outputs';
import { emitText, lastOfShards } from './runs/emit-text';
import { untilCaughtUp } from './runs/until-caught-up';
import { commandLine, runWhenMain } from './terminal/command';
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
  .description(
    'Runs all shards of the deployed emitter now, in addition to its schedule, and shows what they did.',
  )
  .option('--limit <posts>', 'maximum number of posts (distinct keys) per run', wholeNumber)
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
  const { functionName, scheduleNames } = await stackOutputs(account, config.userId, 'Emitter');
  const shards = scheduleNames.split(' ').length;
  const run = (runEvent: EmitEvent) => invokeFunction<EmitSummary>(account, functionName, runEvent);
  const { from, ...goOn } = event;
  const runShard = (shard: number) => run(shard === 0 ? goOn : { ...goOn, shard });

  const step = terminalProgress().step(`Running ${functionName}`);
  const summaries: EmitSummary[] = [];
  try {
    // No other shard runs before the checkpoint is set.
    if (from !== undefined) summaries.push(await run(event));
    if (options.untilCaughtUp) summaries.push(...(await untilCaughtUp(shards, runShard)));
    else if (from === undefined)
      summaries.push(...(await settledAll(Array.from({ length: shards }, (_, shard) => runShard(shard)))));
    step.done(`Ran ${functionName}`);
  } catch (error) {
    step.failed();
    throw error;
  }

  process.stdout.write(
    `${options.json ? JSON.stringify({ summaries }, undefined, 2) : emitText(summaries)}\n`,
  );
  const last = lastOfShards(summaries);
  const isFenced = last.some(({ stopped }) => stopped === 'fenced');
  return isFenced || (options.untilCaughtUp && last.some(({ caughtUp }) => !caughtUp)) ? 1 : 0;
});

/** @throws ConfigurationError naming the option that the emitter would refuse. */
function eventOf({ limit, from, table, dryRun }: Options): EmitEvent {
  const event = { limit, from, tables: table, dryRun };
  const given = Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
  parseEvent(given, undefined);
  return given as EmitEvent;
}

runWhenMain(module, emit);
