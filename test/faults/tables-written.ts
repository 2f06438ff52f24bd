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
        { request: 'Produce', side: 'request', nth: 1 + random.below(6) },
        run,
      );
      const some = `\`index\` % 10 = ${random.below(10)}`;
      await pipeline.sql(`UPDATE pinterest_data SET title = CONCAT(title, ' (updated)') WHERE ${some}`);
      conversation.pass();
      await run;
      await caughtUp(pipeline.invoke(emitter));
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

      const { emitted, followed } = await caughtUp(pipeline.invoke(emitter));
      assert.deepEqual({ emitted, followed }, { emitted: each(0), followed: each(late.length) });
    },
  },
];

const each = (count: number) => ({ pin: count, geo: count, user: count });
