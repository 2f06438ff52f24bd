import { Command } from 'commander';
import {
  PIPELINE_KAFKA_HELP,
  type PipelineKafkaOptions,
  withPipelineKafka,
  withPipelineKafkaOptions,
} from './local/pipeline-kafka';
import { topicPartitions } from './local/topic-partitions';
import { commandLine, runWhenMain } from './terminal/command';

const command = withPipelineKafkaOptions(new Command('npm run topics --'))
  .description('Lists the topics of a pipeline.')
  .addHelpText('after', `${PIPELINE_KAFKA_HELP}\n\nExample: npm run topics`);

/** `npm run topics` */
export const topics = commandLine(command, async (options: PipelineKafkaOptions) => {
  return await withPipelineKafka(
    options,
    async ({ kafka, userId }) => {
      for (const [topic, partitions] of await topicPartitions(kafka, userId)) {
        process.stdout.write(`${options.json === true ? JSON.stringify({ topic, partitions }) : topic}\n`);
      }
      return 0;
    },
    ['topics'],
  );
});

runWhenMain(module, topics);
