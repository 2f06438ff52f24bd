import { Command } from 'commander';
import { committedOffsetRanges } from '../lambda/verifier/committed-offset-ranges';
import type { OffsetRange } from '../lambda/verifier/read-offset-ranges';
import { readCheckpoints } from './local/checkpoints';
import { offsetsJson, offsetsText } from './local/offsets-text';
import {
  PIPELINE_KAFKA_HELP,
  type PipelineKafkaOptions,
  withPipelineKafka,
  withPipelineKafkaOptions,
} from './local/pipeline-kafka';
import { topicPartitions } from './local/topic-partitions';
import { commandLine, runWhenMain } from './terminal/command';

const command = withPipelineKafkaOptions(new Command('npm run offsets --'))
  .description("Prints the checkpoint of each of the emitter's shards, and where each partition ends.")
  .addHelpText(
    'after',
    `
A checkpoint is the next key to read of a table. Its steps say as of which GTID of the database's log the records of the
keys below it are. An end offset is that of a reader of committed records.
${PIPELINE_KAFKA_HELP}

Example: npm run offsets`,
  );

/** `npm run offsets` */
export const offsets = commandLine(command, async (options: PipelineKafkaOptions) => {
  return await withPipelineKafka(
    options,
    async ({ kafka, userId }) => {
      const checkpoints = await readCheckpoints(kafka, userId);
      const topics = [...(await topicPartitions(kafka, userId)).keys()];
      const ends = (await committedOffsetRanges(kafka, topics)).sort(byPlace);
      const lines = options.json === true ? offsetsJson(checkpoints, ends) : [offsetsText(checkpoints, ends)];
      for (const line of lines) process.stdout.write(`${line}\n`);
      return 0;
    },
    ['offsets'],
  );
});

const byPlace = (one: OffsetRange, other: OffsetRange): number =>
  one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1;

runWhenMain(module, offsets);
