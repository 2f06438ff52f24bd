import assert from 'node:assert/strict';
import { CHUNK_BOUNDS } from '../../lambda/emitter/chunks';
import { keyOfPost } from '../../lambda/sample-loader/sample-keys';
import { STREAMS } from '../../lambda/shared/streams';
import type { Fault } from './fault';
import { caughtUp } from './outcome';

/** Places of posts: around the borders of the first chunks, where chunks end by the number of rows, at both ends, and anywhere. */
const POSTS_OF_CHUNK = Math.floor(CHUNK_BOUNDS.rows / STREAMS.length);

/** Faults of rows that cannot be emitted. */
export const POISON_ROWS: readonly Fault[] = [
  {
    name: 'poison-rows',
    happen: async (pipeline, random) => {
      const places = new Set([
        0,
        ...[-1, 0, 1, 2].map((beside) => POSTS_OF_CHUNK + beside),
        pipeline.posts - 1,
        ...Array.from({ length: 4 }, () => random.below(pipeline.posts)),
      ]);
      const keys = [...places].map((place) => keyOfPost(pipeline.seed, place)).join(', ');
      await pipeline.sql(
        'ALTER TABLE pinterest_data MODIFY description LONGTEXT',
        `UPDATE pinterest_data SET description = REPEAT('x', 950000) WHERE \`index\` IN (${keys})`,
        'ALTER TABLE geolocation_data MODIFY ind BIGINT UNSIGNED',
        `UPDATE geolocation_data SET ind = 9223372036854775807 + ind WHERE ind IN (${keys})`,
        `UPDATE user_data SET ind = IF(ind % 2 = 0, NULL, -1 - ind) WHERE ind IN (${keys})`,
      );

      const emitter = pipeline.newEmitter();
      const { deadLettered, emitted } = await caughtUp(pipeline.invoke(emitter));

      const good = pipeline.posts - places.size;
      assert.deepEqual(
        { deadLettered, emitted },
        {
          deadLettered: 3 * places.size,
          emitted: { pin: good, geo: good, user: good },
        },
      );
      assert.equal((await caughtUp(pipeline.invoke(emitter))).deadLettered, 0);
    },
  },
];
