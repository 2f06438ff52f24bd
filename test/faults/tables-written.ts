import assert from 'node:assert/strict';
import { createConnection } from 'mysql2/promise';
import { STREAMS } from '../../lambda/shared/streams';
import type { Fault } from './fault';
import { caughtUp } from './outcome';

/** Faults in which somebody else writes to the tables. */
export const TABLES_WRITTEN: readonly Fault[] = [
  {
    name: 'rows-inserted-while-copying',
    happen: async (pipeline, random) => {
      let isWriting = true;
      const writing = (async () => {
        for (let left = pipeline.posts; left > 0; ) {
          const count = Math.min(left, 1 + random.below(1_000));
          await pipeline.addPosts(count);
          left -= count;
        }
      })().finally(() => {
        isWriting = false;
      });
      const emitter = pipeline.newEmitter();
      // Of a large table it may take several runs.
      while (isWriting) await pipeline.invoke(emitter);
      await writing;
      for (let isCaughtUp = false; !isCaughtUp; ) {
        ({ caughtUp: isCaughtUp } = await pipeline.invoke(emitter));
      }
    },
  },
  {
    name: 'rows-updated-while-copying',
    happen: async (pipeline, random) => {
      const emitter = pipeline.newEmitter();
      const limit = Math.floor(pipeline.posts / 2);
      const run = pipeline.invoke(emitter, { limit });
      const conversation = await pipeline.stopped(
        { request: 'Produce', side: 'request', nth: 1 + random.below(9) },
        run,
      );
      const some = `\`index\` % 10 = ${random.below(10)}`;
      await pipeline.sql(
        `CREATE TABLE before_update AS SELECT \`index\`, title FROM pinterest_data WHERE ${some}`,
        `UPDATE pinterest_data SET title = CONCAT(title, ' (updated)') WHERE ${some}`,
      );
      conversation.pass();
      const { checkpoint } = await run;
      await caughtUp(pipeline.invoke(emitter));

      // What the first run read is as it was when the run began; what the second one read is updated.
      const stale = `\`index\` < ${checkpoint.pin}`;
      const [expected] = await pipeline.sql(`SELECT COUNT(*) AS count FROM before_update WHERE ${stale}`);
      const { pin, geo, user } = (await pipeline.verify()).streams;
      assert.ok(geo.equal && user.equal);
      assert.deepEqual(
        { missing: pin.missing, extra: pin.extra, changed: pin.changed, duplicate: pin.duplicate },
        { missing: 0, extra: 0, changed: expected?.['count'], duplicate: 0 },
      );
      await pipeline.sql(
        `UPDATE pinterest_data JOIN before_update USING (\`index\`)
         SET pinterest_data.title = before_update.title WHERE pinterest_data.${stale}`,
      );
    },
  },
  {
    name: 'smaller-keys-committed-late',
    happen: async (pipeline) => {
      const emitter = pipeline.newEmitter();
      const { checkpoint } = await caughtUp(pipeline.invoke(emitter));
      const next = Number(checkpoint.pin);
      const late = [next, next + 2, next + 5];
      const slow = await createConnection(pipeline.owner);
      try {
        await slow.beginTransaction();
        for (const { table, keyColumn } of STREAMS) {
          await slow.query(`INSERT INTO ${table} (\`${keyColumn}\`) VALUES ?`, [late.map((key) => [key])]);
          await pipeline.sql(`INSERT INTO ${table} (\`${keyColumn}\`) VALUES (${next + 9})`);
        }
        assert.deepEqual((await caughtUp(pipeline.invoke(emitter))).emitted, { pin: 1, geo: 1, user: 1 });
        await slow.commit();
      } finally {
        slow.destroy();
      }

      assert.deepEqual((await caughtUp(pipeline.invoke(emitter))).emitted, { pin: 0, geo: 0, user: 0 });
      for (const { missing, extra, changed, duplicate, examples } of Object.values(
        (await pipeline.verify()).streams,
      )) {
        assert.deepEqual(
          { missing, extra, changed, duplicate },
          { missing: 3, extra: 0, changed: 0, duplicate: 0 },
        );
        assert.deepEqual(
          examples.map(({ kind, key }) => `${kind} ${key}`).sort(),
          late.map((key) => `missing ${key}`),
        );
      }

      // It takes the smallest late key to mend that, and repeats what came after it.
      assert.deepEqual((await caughtUp(pipeline.invoke(emitter, { from: next }))).emitted, {
        pin: 4,
        geo: 4,
        user: 4,
      });
      for (const { missing, extra, changed, duplicate } of Object.values((await pipeline.verify()).streams)) {
        assert.deepEqual(
          { missing, extra, changed, duplicate },
          { missing: 0, extra: 0, changed: 0, duplicate: 1 },
        );
      }
      await pipeline.recreateTopics(STREAMS.map(({ name }) => name));
      await caughtUp(pipeline.invoke(emitter));
    },
  },
];
