import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { emitterIdOf, topicOf } from '../../../lambda/shared/streams';
import { KAFKA_VERSION_VARIABLE, serverFiles } from '../../../scripts/local/downloads';
import { silentProgress } from '../../../scripts/terminal/progress';
import { SMALL_TABLES, testPipeline } from '../../support/pipeline';
import { testServers } from '../../support/servers';

/** Longest time for a consumer to start and join, or to leave, in milliseconds. */
const JOINED_MS = 60_000;

/** Brokers before Kafka 4.0 do not have the protocol. */
const onKafka4 = process.env[KAFKA_VERSION_VARIABLE]?.startsWith('4.') === true ? test : test.skip;

onKafka4('a live consumer of the newer protocol in the group of the emitter is refused by name', async () => {
  const { kafkaClassPath } = await serverFiles(silentProgress);
  const pipeline = await testPipeline(1);
  await pipeline.sql(...SMALL_TABLES, "INSERT INTO pinterest_data VALUES (1, 'x')");
  await pipeline.emit();
  const consumer = spawn('java', [
    ...['-cp', kafkaClassPath, 'org.apache.kafka.tools.consumer.ConsoleConsumer'],
    ...['--bootstrap-server', testServers().bootstrapServers.join(',')],
    ...['--topic', topicOf(pipeline.userId, 'pin'), '--group', emitterIdOf(pipeline.userId)],
    ...['group.protocol=consumer', 'enable.auto.commit=false', 'client.id=newer'].flatMap((property) => [
      '--consumer-property',
      property,
    ]),
  ]);
  const isOver = once(consumer, 'exit');
  try {
    const outcome = async (): Promise<string> =>
      await pipeline.emit({}, { cold: true }).then(
        () => 'emitted',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    const until = async (expected: RegExp): Promise<string> => {
      for (const end = Date.now() + JOINED_MS; ; await delay(500)) {
        const found = await outcome();
        if (expected.test(found) || Date.now() > end) return found;
      }
    };

    expect(await until(/live member/)).toMatch(
      `CheckpointError: The consumer group ${emitterIdOf(pipeline.userId)}, which keeps the emitter's checkpoint, has a live member: the client "newer" at 127.0.0.1.`,
    );

    consumer.kill('SIGTERM');
    await isOver;
    expect(await until(/emitted/)).toBe('emitted');
  } finally {
    consumer.kill('SIGKILL');
    await isOver;
  }
});
