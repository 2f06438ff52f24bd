import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { emitterIdOf, topicOf } from '../../lambda/shared/streams';
import { changePosts, insertLatePosts } from '../../scripts/local/change-posts';
import { type TestPipeline, testPipeline } from '../support/pipeline';
import { testKafka } from '../support/servers';

const PARTITIONS = 3;

/** Records of each of the two transactions that are aborted. */
export const ABORTED_RECORDS = 2 * PARTITIONS;

/** Title of the posts in these transactions. */
export const NEVER_COMMITTED = 'Never committed';

/** A topic as a reader finds it, and the table that it follows. */
export interface EmittedRun {
  /** The topic of the posts. */
  readonly topic: string;
  /** Rows of `pinterest_data` in the end, in the JSON that the database itself writes, sorted. */
  readonly rows: readonly string[];
}

/**
 * Two runs of the emitter, with changes of the table and two aborted transactions between them.
 *
 * They are those of two emitters that were killed: the second began later and was aborted earlier, as shards may be. The first
 * one is aborted by the run that follows, as ever.
 */
export async function emittedRun(): Promise<EmittedRun> {
  const pipeline = await testPipeline(PARTITIONS);
  const topic = topicOf(pipeline.userId, 'pin');
  await loadSampleTables(pipeline.owner, { rows: 500 });
  await pipeline.emit();
  const first = await begin(emitterIdOf(pipeline.userId), topic);
  const second = await begin(emitterIdOf(pipeline.userId, 1), topic);
  await second.abort();
  await first.leave();
  await changePosts(pipeline.owner, 'change', 40, 7);
  await changePosts(pipeline.owner, 'delete', 20, 7);
  await insertLatePosts(pipeline.owner, 5, 7);
  await pipeline.emit({}, { cold: true });

  return { topic, rows: await rowsOf(pipeline) };
}

/** Begins a transaction of an emitter, with rows that the table never has. */
async function begin(transactionalId: string, topic: string) {
  const producer = testKafka().producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await transaction.send({
      topic,
      messages: ['1', '2'].map((key) => ({
        partition,
        key,
        value: JSON.stringify({ title: NEVER_COMMITTED }),
      })),
    });
  }
  return {
    abort: async () => {
      await transaction.abort();
      await producer.disconnect();
    },
    leave: () => producer.disconnect(),
  };
}

async function rowsOf(pipeline: TestPipeline): Promise<string[]> {
  const columns = await pipeline.sql(
    "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'pinterest_data' ORDER BY ordinal_position",
  );
  const members = columns.map(({ name }) => `'${name}', \`${name}\``).join();
  const rows = await pipeline.sql(`SELECT JSON_OBJECT(${members}) AS row FROM pinterest_data`);
  return rows.map(({ row }) => JSON.stringify(row)).sort();
}
