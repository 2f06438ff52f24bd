import { setTimeout as delay } from 'node:timers/promises';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { MysqlChangeLog } from '../../../lambda/emitter/mysql/change-log';
import { MysqlTableReader } from '../../../lambda/emitter/mysql/table-reader';
import type { TableReader } from '../../../lambda/emitter/ports';
import { type PerStream, perStream, STREAMS } from '../../../lambda/shared/streams';
import { emitWith } from '../../support/emit-with';
import { foldedTopic } from '../../support/folded-topic';
import { messagesOf } from '../../support/packed-tables';
import { SMALL_TABLES, sequence, testPipeline } from '../../support/pipeline';
import { testKafka } from '../../support/servers';
import { startWriters, TEXT_COLUMNS } from '../../support/table-writers';

/** Runs whose snapshots, one of each table, are compared with the topics. */
const RUNS = 34;

/** Rows of all tables in the reader's open snapshots, as `key text`, sorted. */
async function snapshotRows(reader: TableReader): Promise<PerStream<string[]>> {
  const rows = perStream((): string[] => []);
  for (const stream of STREAMS) {
    const blocks = await reader.rowsFrom(stream, 0n);
    for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
      for (const { key, value } of messagesOf([{ rows: next.value, from: 0, to: next.value.count }]))
        rows[stream.name].push(`${key} ${JSON.parse(`${value}`)[TEXT_COLUMNS[stream.name]]}`);
    }
    rows[stream.name].sort();
  }
  return rows;
}

/** A reader that notes what its snapshots hold before a run closes them. */
class WatchedReader extends MysqlTableReader {
  lastRows = perStream((): string[] => []);

  override async close(): Promise<void> {
    this.lastRows = await snapshotRows(this);
    await super.close();
  }
}

test(`after each of ${RUNS} runs the topics equal the snapshots of the tables, while others keep writing`, async () => {
  const pipeline = await testPipeline();
  await pipeline.sql(
    ...SMALL_TABLES,
    ...STREAMS.map(
      ({ name, table }) =>
        `INSERT INTO ${table} SELECT seq * 2, 'first' FROM ${sequence(1, name === 'pin' ? 900 : 300)}`,
    ),
  );
  const writers = await startWriters(pipeline.owner, {
    keys: 600,
    pauseMs: 10,
    random: (below) => Math.floor(Math.random() * below),
  });
  const database = { readLogin: async () => pipeline.logins.emitter, tls: 'off' } as const;
  const reader = new WatchedReader({ ...database, onMissingIndex: () => {} });
  const log = new MysqlChangeLog({ ...database, factsOf: (stream) => reader.snapshotFacts(stream) });
  const publisher = new KafkaTopicPublisher(testKafka(), pipeline.userId);
  let followed = 0;
  try {
    for (let run = 0; run < RUNS; run++) {
      const outcome = await emitWith({
        reader,
        log,
        publisherOf: () => publisher,
        sleep: delay,
        bounds: { rows: 500, bytes: 1_000_000 },
      });

      expect(outcome.stopped).toBe('caught-up');
      const records = await pipeline.allRecords();
      for (const { name } of STREAMS) {
        expect(foldedTopic(records[name], TEXT_COLUMNS[name])).toEqual(reader.lastRows[name]);
        followed += outcome.followed[name];
      }
    }
  } finally {
    await writers.stop();
    reader.end();
    await log.close();
    await publisher.discard();
  }
  expect(followed).toBeGreaterThan(1_000);
  expect(writers.statements).toBeGreaterThan(1_000);
}, 300_000);
