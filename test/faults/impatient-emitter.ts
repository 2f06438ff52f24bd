import { setTimeout as delay } from 'node:timers/promises';
import { parseEvent } from '../../lambda/emitter/event';
import { KafkaTopicPublisher } from '../../lambda/emitter/kafka/topic-publisher';
import { MysqlTableReader } from '../../lambda/emitter/mysql/table-reader';
import { summarise } from '../../lambda/emitter/summary';
import { readDatabaseLogin } from '../../lambda/shared/database-login';
import { createKafka } from '../../lambda/shared/kafka/kafka-client';
import { perStream } from '../../lambda/shared/streams';
import { emitWith } from '../support/emit-with';
import type { FaultPipeline, Invocable } from './fault-pipeline';

/**
 * An emitter of the same parts as the real one, which waits for the database's next row for less than the two minutes
 * of that one.
 *
 * @param onRetry told of each failure that is followed by another try
 */
export function impatientEmitter(
  { environment }: FaultPipeline,
  readTimeoutMs: number,
  onRetry: (error: Error) => void,
): Invocable {
  const { userId, kafka, database } = environment;
  const publisher = new KafkaTopicPublisher(createKafka(kafka), userId);
  const reader = new MysqlTableReader({
    readLogin: () => readDatabaseLogin(database.login, async () => undefined),
    tls: database.tls,
    onMissingIndex: () => {},
    readTimeoutMs,
  });
  return {
    invoke: async (event, onCommitted) => {
      const request = parseEvent(event, undefined);
      const progress = { committed: onCommitted, retrying: onRetry };
      const parts = { reader, publisherOf: () => publisher, progress, sleep: delay };
      const outcome = await emitWith(parts, request);
      const lagKeys = perStream(() => 0);
      return { summary: summarise(userId, request, outcome, { lagKeys, elapsedMs: 0 }) };
    },
    stop: async () => {
      reader.end();
      await publisher.discard();
    },
  };
}
