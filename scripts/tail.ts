import { randomUUID } from 'node:crypto';
import { Argument, Command } from 'commander';
import { STREAMS } from '../lambda/shared/streams';
import { committedOffsetRanges } from '../lambda/verifier/committed-offset-ranges';
import { readOffsetRanges } from '../lambda/verifier/read-offset-ranges';
import { committedRecord, recordLine } from './local/committed-record';
import {
  PIPELINE_KAFKA_HELP,
  type PipelineKafka,
  type PipelineKafkaOptions,
  withPipelineKafka,
  withPipelineKafkaOptions,
} from './local/pipeline-kafka';
import { commandLine, runWhenMain } from './terminal/command';
import { wholeNumber } from './terminal/option-values';

interface Options extends PipelineKafkaOptions {
  readonly maxMessages?: number;
}

/** The topics' names without the user id. */
const TOPICS = [...STREAMS.map(({ name }) => name), 'dead-letter'];

const command = withPipelineKafkaOptions(new Command('npm run tail --'))
  .description('Prints key, value and headers of all committed records of a topic, and waits for more.')
  // Its name is what the usage and the error about a missing one say.
  .addArgument(new Argument(`<${TOPICS.join('|')}>`, 'the topic').choices(TOPICS))
  .option('--max-messages <n>', 'end after that many records (default: Ctrl-C ends it)', wholeNumber)
  .addHelpText(
    'after',
    `
A line is key, value and headers, separated by tabs. A tombstone has the value null. Records of one partition are in their
order; those of several partitions are mixed.
${PIPELINE_KAFKA_HELP}

Examples:
  npm run tail -- pin
  npm run --silent tail -- pin --max-messages 100 --json | jq .key`,
  );

/** `npm run tail` */
export const tail = commandLine(command, async (options: Options) => {
  const [word] = command.args as [string];
  const most = options.maxMessages;
  const clientCommand = ['tail-topic', word, ...(most === undefined ? [] : ['--max-messages', `${most}`])];
  return await withPipelineKafka(options, (pipeline) => printRecords(pipeline, word, options), clientCommand);
});

async function printRecords(
  { kafka, userId }: PipelineKafka,
  word: string,
  { maxMessages = Number.POSITIVE_INFINITY, json }: Options,
): Promise<number> {
  const ranges = await committedOffsetRanges(kafka, [`${userId}.${word}`]);
  const enough = new AbortController();
  const end = (): void => enough.abort();
  for (const signal of SIGNALS) process.once(signal, end);
  let printed = 0;
  try {
    await readOffsetRanges(kafka, {
      // Of its own, so that two readers do not share the partitions.
      groupId: `${userId}.tail.${randomUUID()}`,
      ranges: ranges.map((range) => ({ ...range, to: Number.POSITIVE_INFINITY })),
      onMessage: (message, range) => {
        const record = committedRecord(message, range);
        process.stdout.write(`${json === true ? JSON.stringify(record) : recordLine(record)}\n`);
        printed += 1;
        if (printed >= maxMessages) end();
      },
      signal: enough.signal,
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
  return 0;
}

/** Signals that end it, as what a user wants. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

runWhenMain(module, tail);
