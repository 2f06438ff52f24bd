import assert from 'node:assert/strict';
import { loadSampleTables } from '../../lambda/sample-loader/load-sample-tables';
import { STREAMS, type StreamName } from '../../lambda/shared/streams';
import type { Fault } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { caughtUp } from './outcome';

const NAMES: readonly StreamName[] = STREAMS.map(({ name }) => name);

const NOTHING = { pin: 0, geo: 0, user: 0 };

/** Each row of every table is in its topic this many times, and nothing else is. */
async function everyRowTimes(pipeline: FaultPipeline, times: number): Promise<void> {
  for (const stream of Object.values((await pipeline.verify()).streams)) {
    const { rows, records, missing, extra, changed, duplicate } = stream;
    assert.deepEqual(
      { records, missing, extra, changed, duplicate },
      { records: times * rows, missing: 0, extra: 0, changed: 0, duplicate: (times - 1) * rows },
    );
  }
}

const deleteCheckpoint = ({ servers, emitterId }: FaultPipeline): Promise<void> =>
  servers.withAdmin(async (admin) => {
    await admin.deleteGroups([emitterId]);
  });

/** Faults in which the checkpoint does not match its tables or topics. */
export const CHECKPOINT_ASTRAY: readonly Fault[] = [
  {
    name: 'topic-recreated',
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      await caughtUp(pipeline.invoke(emitter));
      const stream = random.pick(NAMES);

      await pipeline.recreateTopics([stream], async () => {
        await assert.rejects(pipeline.invoke(emitter), { name: 'TopicError' });
      });
      pipeline.markFault();

      const { emitted } = await caughtUp(pipeline.invoke(emitter));
      assert.deepEqual(emitted, { ...NOTHING, [stream]: pipeline.posts });
    },
  },
  {
    name: 'partitions-added',
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      await caughtUp(pipeline.invoke(emitter));

      await pipeline.servers.addPartitions(pipeline.userId, 4 + random.below(4));
      await pipeline.addPosts(3_000);
      pipeline.markFault();

      const { emitted } = await caughtUp(pipeline.invoke(emitter));
      assert.deepEqual(emitted, { pin: 3_000, geo: 3_000, user: 3_000 });
    },
  },
  {
    name: 'tables-emptied',
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      const { checkpoint } = await caughtUp(pipeline.invoke(emitter));
      const from = Number(checkpoint.pin) - 1 - random.below(2_000);
      for (const { table, keyColumn } of STREAMS) {
        await pipeline.sql(
          `CREATE TABLE ${table}_gone AS SELECT * FROM ${table} WHERE \`${keyColumn}\` >= ${from}`,
          `DELETE FROM ${table} WHERE \`${keyColumn}\` >= ${from}`,
        );
      }
      const [gone] = await pipeline.sql('SELECT COUNT(DISTINCT `index`) AS count FROM pinterest_data_gone');

      const run = await caughtUp(pipeline.invoke(emitter));

      assert.deepEqual(run.emitted, NOTHING);
      assert.deepEqual(run.checkpoint, checkpoint);
      assert.equal(run.followed.pin, gone?.['count']);
      assert.ok((await pipeline.verify()).equal);

      // Rows that come back below the checkpoint are changes; those above are new.
      for (const { table } of STREAMS) {
        await pipeline.sql(`INSERT INTO ${table} SELECT * FROM ${table}_gone`, `DROP TABLE ${table}_gone`);
      }
      await pipeline.addPosts(100);
      const next = await caughtUp(pipeline.invoke(emitter));
      assert.deepEqual(next.emitted, { pin: 100, geo: 100, user: 100 });
      assert.equal(next.followed.pin, gone?.['count']);
    },
  },
  {
    name: 'checkpoint-deleted',
    happen: async (pipeline) => {
      const { checkpoint } = await pipeline.catchUp();

      await deleteCheckpoint(pipeline);
      const run = await caughtUp(pipeline.invoke(pipeline.newEmitter(), { from: checkpoint.pin }));
      assert.deepEqual(run.emitted, NOTHING);
      await everyRowTimes(pipeline, 1);

      await deleteCheckpoint(pipeline);
      await assert.rejects(pipeline.invoke(pipeline.newEmitter()), { name: 'CheckpointError' });
      await everyRowTimes(pipeline, 1);
      await caughtUp(pipeline.invoke(pipeline.newEmitter(), { from: 0 }));
      await everyRowTimes(pipeline, 2);

      await pipeline.recreateTopics(NAMES);
      pipeline.markFault();
      await pipeline.catchUp();
    },
  },
  {
    name: 'tables-refilled',
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      const { checkpoint } = await caughtUp(pipeline.invoke(emitter));
      await loadSampleTables(pipeline.owner, { rows: pipeline.posts + 500, seed: random.bits() });
      const [above] = await pipeline.sql(
        `SELECT COUNT(*) AS count FROM pinterest_data WHERE \`index\` >= ${checkpoint.pin}`,
      );

      const run = await caughtUp(pipeline.invoke(emitter));

      assert.equal(run.emitted.pin, above?.['count']);
      assert.match(run.changes.pin, /^reconcile/);
      assert.equal((await pipeline.verify()).equal, false);

      await pipeline.recreateTopics(NAMES);
      pipeline.markFault();
      await caughtUp(pipeline.invoke(emitter));
    },
  },
];
