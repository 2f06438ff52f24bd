import { setTimeout as sleep } from 'node:timers/promises';
import { emit } from '../../../lambda/emitter/emit';
import { parseEvent } from '../../../lambda/emitter/event';
import { KafkaTopicPublisher } from '../../../lambda/emitter/kafka/topic-publisher';
import { MysqlChangeLog } from '../../../lambda/emitter/mysql/change-log';
import { MysqlTableReader } from '../../../lambda/emitter/mysql/table-reader';
import type { TableReader } from '../../../lambda/emitter/ports';
import { type PerStream, perStream, STREAMS } from '../../../lambda/shared/streams';
import { messagesOf } from '../../support/packed-tables';
import { SMALL_TABLES, sequence, type TopicRecord, testPipeline } from '../../support/pipeline';
import { testKafka } from '../../support/servers';
import { startWriters } from '../../support/table-writers';

const never = new AbortController().signal;
const COLUMNS = { pin: 'title', geo: 'country', user: 'first_name' } as const;

/** The rows of a table as somebody has them who follows its topic. */
function folded(records: readonly TopicRecord[], column: string): string[] {
  const table = new Map<string, string[]>();
  for (const { key, value, op } of records) {
    if (value === 'null') table.delete(key);
    else {
      const row = `${key} ${JSON.parse(value)[column]}`;
      table.set(key, op === 'u' ? [row] : [...(table.get(key) ?? []), row]);
    }
  }
  return [...table.values()].flat().sort();
}

/** All rows of the tables, in the snapshots that the reader has open. */
async function contents(reader: TableReader): Promise<PerStream<string[]>> {
  const rows = perStream((): string[] => []);
  for (const stream of STREAMS) {
    const blocks = await reader.rowsFrom(stream, 0n);
    for (let next = await blocks.next(); next.done !== true; next = await blocks.next()) {
      for (const { key, value } of messagesOf([{ rows: next.value, from: 0, to: next.value.count }]))
        rows[stream.name].push(`${key} ${JSON.parse(`${value}`)[COLUMNS[stream.name]]}`);
    }
    rows[stream.name].sort();
  }
  return rows;
}

/** Snapshots of the database whose contents are compared, three in each run. */
const SNAPSHOTS = 102;

test(`the topics are what the tables were at each of ${SNAPSHOTS} moments, while others write all the time`, async () => {
  const pipeline = await testPipeline(3);
  await pipeline.sql(
    ...SMALL_TABLES,
    ...STREAMS.map(
      ({ name, table }) =>
        `INSERT INTO ${table} SELECT seq * 2, 'first' FROM ${sequence(1, name === 'pin' ? 900 : 300)}`,
    ),
  );
  const writers = await startWriters(pipeline.logins.owner, {
    keys: 600,
    random: (below) => Math.floor(Math.random() * below),
  });
  const database = { readLogin: async () => pipeline.logins.emitter, tls: 'off' } as const;
  const reader = new MysqlTableReader({ ...database, onMissingIndex: () => {} });
  const log = new MysqlChangeLog({ ...database, factsOf: (stream) => reader.snapshotFacts(stream) });
  const publisher = new KafkaTopicPublisher(testKafka(), pipeline.userId);
  let seen = perStream((): string[] => []);
  const looking = Object.assign(Object.create(reader) as TableReader, {
    close: async () => {
      seen = await contents(reader);
      await reader.close();
    },
  });
  let followed = 0;
  try {
    for (let run = 0; run < SNAPSHOTS / STREAMS.length; run++) {
      const outcome = await emit(parseEvent({}, undefined), {
        reader: looking,
        log,
        publisherOf: () => publisher,
        progress: { committed: () => {}, retrying: () => {} },
        sleep: (milliseconds) => sleep(milliseconds),
        deadline: never,
        cutOff: never,
        bounds: { rows: 500, bytes: 1_000_000 },
      });
      expect(outcome.stopped).toBe('caught-up');
      followed += Object.values(outcome.followed).reduce((a, b) => a + b, 0);
      const records = await pipeline.allRecords();
      for (const { name } of STREAMS) expect(folded(records[name], COLUMNS[name])).toEqual(seen[name]);
    }
  } finally {
    await writers.stop();
    reader.end();
    await log.close();
    await publisher.discard();
  }
  expect(followed).toBeGreaterThan(1_000);
  expect(writers.statements).toBeGreaterThan(1_000);
});
