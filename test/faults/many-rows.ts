import assert from 'node:assert/strict';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import type { Fault } from './fault';
import type { FaultPipeline } from './fault-pipeline';

/** The function's memory is 512 MB, of which the emitter must not need all. */
const MOST_MEMORY_BYTES = 512_000_000;

/** Rows at the beginning and at the end whose rates are compared. */
const PART = 1_000_000;

/** How much slower the last rows may be than the first. */
const TOLERANCE = 0.15;

/** Rows that are inserted with one statement. */
const FILL_ROWS = 500_000;

/** Rows as wide as pins are, made by the database. */
const fill = (from: number, to: number): string => `INSERT INTO pinterest_data
  SELECT seq, UUID(), CONCAT('Title of pin ', seq, ' ', MD5(seq)), CONCAT(SHA2(seq, 256), ' ', SHA2(-seq, 256)),
    CONCAT('Poster ', seq % 9973), CONCAT(seq % 999, 'k'), CONCAT_WS(',', SHA2(seq + 1, 256), MD5(-seq), MD5(seq + 2)),
    'image', CONCAT('https://i.example.com/originals/', MD5(seq + 3), '.jpg'), 1, 'Local save in /data/mens-fashion',
    'mens-fashion'
  FROM seq_${from}_to_${to}`;

/** The most memory while changes are followed, however long the log and its transactions are. */
const MOST_FOLLOWING_BYTES = 300_000_000;

/** The time of a run in which not all changes can be followed, in milliseconds. */
const SHORT_RUN_MS = 60_000;

/** Rows as narrow as can be, so that their changes are many and their log fits the disk. */
const fillNarrow = (from: number, to: number): string =>
  `INSERT INTO pinterest_data (\`index\`, title) SELECT seq, CONCAT('Title of pin ', seq) FROM seq_${from}_to_${to}`;

/** One copy of each record on disk is enough: what is measured here is the emitter. */
async function useOneReplica(pipeline: FaultPipeline): Promise<void> {
  await pipeline.recreateTopics(
    STREAMS.map(({ name }) => name),
    async () => {
      await pipeline.servers.withAdmin((admin) =>
        admin.createTopics({
          waitForLeaders: false,
          topics: STREAMS.map(({ name }) => ({
            topic: topicOf(pipeline.userId, name),
            numPartitions: 3,
            replicationFactor: 1,
            configEntries: [{ name: 'min.insync.replicas', value: '1' }],
          })),
        }),
      );
    },
  );
}

/** Memory does not grow with the rows, and neither does the time that a row takes. */
export const MANY_ROWS: readonly Fault[] = [
  {
    name: 'memory',
    isLong: true,
    rows: 10_000_000,
    fill: async (pipeline) => {
      const { posts } = pipeline;
      for (let from = 1; from <= posts; from += FILL_ROWS) {
        await pipeline.sql(fill(from, Math.min(posts, from + FILL_ROWS - 1)));
      }
      await useOneReplica(pipeline);
    },
    happen: async (pipeline) => {
      const emitter = pipeline.newProcess();
      const commits: { readonly rows: number; readonly at: number }[] = [];
      let before = 0;
      let peakBytes = 0;
      for (let isCaughtUp = false; !isCaughtUp; ) {
        const { summary, peakMemoryBytes } = await emitter.invoke({}, ({ pin }) =>
          commits.push({ rows: before + pin, at: performance.now() }),
        );
        before += summary.emitted.pin;
        peakBytes = peakMemoryBytes;
        isCaughtUp = summary.caughtUp;
      }
      const rate = (part: typeof commits): number => {
        const [first, last] = [part[0], part.at(-1)];
        if (first === undefined || last === undefined) throw new Error('Nothing was committed.');
        return (1000 * (last.rows - first.rows)) / (last.at - first.at);
      };
      const part = Math.min(PART, pipeline.posts / 2);
      const firstRate = rate(commits.filter(({ rows }) => rows <= part));
      const lastRate = rate(commits.filter(({ rows }) => rows >= pipeline.posts - part));
      const shown = (value: number): string => Math.round(value).toLocaleString('en');
      pipeline.figures.push(
        `${shown(pipeline.posts)} rows, ${shown(peakBytes / 1e6)} MB of memory at most, ${shown(rate(commits))} rows/s, ` +
          `of the first ${shown(part)} ${shown(firstRate)} rows/s, of the last ${shown(lastRate)} rows/s`,
      );
      assert.equal(before, pipeline.posts);
      assert.ok(peakBytes < MOST_MEMORY_BYTES, `${pipeline.figures[0]}: too much memory`);
      assert.ok(lastRate > (1 - TOLERANCE) * firstRate, `${pipeline.figures[0]}: the last rows are slower`);
    },
  },
  {
    name: 'memory-of-changes',
    isLong: true,
    rows: 5_000_000,
    fill: async (pipeline) => {
      const { posts } = pipeline;
      for (let from = 1; from <= posts; from += FILL_ROWS)
        await pipeline.sql(fillNarrow(from, Math.min(posts, from + FILL_ROWS - 1)));
      await useOneReplica(pipeline);
    },
    happen: async (pipeline) => {
      await pipeline.catchUp();
      await pipeline.sql("UPDATE pinterest_data SET title = CONCAT(title, ' (changed)')");
      const emitter = pipeline.newProcess();
      let runs = 0;
      let followed = 0;
      let peakBytes = 0;
      const began = performance.now();
      for (let isCaughtUp = false; !isCaughtUp; runs++) {
        const { summary, peakMemoryBytes } = await emitter.invoke({}, () => {}, SHORT_RUN_MS);
        assert.ok(summary.followed.pin > 0 || summary.caughtUp, 'a run that makes no progress');
        followed += summary.followed.pin;
        peakBytes = peakMemoryBytes;
        isCaughtUp = summary.caughtUp;
      }
      const seconds = (performance.now() - began) / 1_000;
      const shown = (value: number): string => Math.round(value).toLocaleString('en');
      pipeline.figures.push(
        `${shown(followed)} changed rows of one UPDATE, ${runs} runs of ${SHORT_RUN_MS / 1_000} s, ` +
          `${shown(peakBytes / 1e6)} MB of memory at most, ${shown(followed / seconds)} rows/s`,
      );
      assert.ok(peakBytes < MOST_FOLLOWING_BYTES, `${pipeline.figures[0]}: too much memory`);
    },
  },
];
