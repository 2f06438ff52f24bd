import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { topicOf } from '../../lambda/shared/streams';
import type { RunningChild } from '../local/child-processes';
import { createTopics } from '../local/topics';
import type { BenchContext, Round, Subject } from './bench-context';
import { checkCommitted } from './bench-topics';
import { debeziumTopics, startDebezium, untilWritten } from './debezium-subject';
import { emitAll, emitterOf } from './emitter-subject';
import { measure } from './measure';
import { withAdmin } from './with-admin';

/** Rows that one transaction changes. */
const ROWS_OF_TRANSACTION = 10_000;

/** How long Debezium has to write its offset down after its first record, in milliseconds: more than its interval of doing so. */
const OFFSET_MS = 7_000;

/**
 * Updates every row of the largest table once, and measures on the same log how long it takes until all of it is in a
 * topic: by the emitter, and by Debezium in streaming mode. Both have seen the tables before, and start as new processes.
 */
export const measureChanges: Subject = async (benchContext, name): Promise<Round> => {
  const { kafka, rows, servers } = benchContext;
  const topic = topicOf(name, 'pin');
  const [debeziumTopic = ''] = debeziumTopics(benchContext, name);
  await createTopics(kafka, name);
  const start = await emitterOf(benchContext, name);
  const { host, port, user, password, database } = servers.database.owner;
  const owner = await createConnection({ host, port, user, password, database });
  let emitter = start();
  let connect: RunningChild | undefined;
  try {
    await emitAll(emitter, {});
    await emitter.stop();
    const copied = await checkCommitted(kafka, [topic], rows);
    connect = await beginStreaming(benchContext, name, owner);
    await connect.stop();
    await updateAll(owner);

    emitter = start();
    const followed = await measure(
      benchContext,
      () => emitter,
      (process) => emitAll(process, {}),
    );
    await emitter.stop();
    await checkCommitted(kafka, [topic], rows, copied);
    const { result: steadySeconds, ...streamed } = await withAdmin(kafka, (admin) =>
      measure(
        benchContext,
        async () => {
          connect = await startDebezium(benchContext, name, 'no_data');
          return connect;
        },
        (process) => untilWritten(admin, process, [debeziumTopic], rows + 1, 1),
      ),
    );
    const all = { rows, records: rows, allRecords: rows };
    return {
      measurements: [
        { subject: 'emitter-changes', ...all, ...followed },
        { subject: 'debezium-changes', ...all, steadySeconds, ...streamed },
      ],
    };
  } finally {
    owner.destroy();
    await Promise.all([emitter.stop(), connect?.stop()]);
  }
};

/** Lets Debezium begin to stream, and see one change, so that it has an offset to go on from. */
async function beginStreaming(
  benchContext: BenchContext,
  name: string,
  owner: Connection,
): Promise<RunningChild> {
  const [topic = ''] = debeziumTopics(benchContext, name);
  const connect = await startDebezium(benchContext, name, 'no_data');
  try {
    await withAdmin(benchContext.kafka, async (admin) => {
      const seen = untilWritten(admin, connect, [topic], 1);
      let isSeen = false;
      void seen.finally(() => {
        isSeen = true;
      });
      // What changes before it streams is not seen, so the same row is changed until it is.
      for (let time = 1; !isSeen; time++) {
        await owner.query(
          `UPDATE pinterest_data SET downloaded = ${time % 2} WHERE \`index\` = (SELECT MIN(ind) FROM user_data)`,
        );
        await Promise.race([seen, delay(2_000)]);
      }
      await seen;
    });
    await delay(OFFSET_MS);
    return connect;
  } catch (error) {
    await connect.stop();
    throw error;
  }
}

async function updateAll(owner: Connection): Promise<void> {
  const [[range]] = (await owner.query(
    'SELECT MIN(`index`) AS first, MAX(`index`) AS last FROM pinterest_data',
  )) as unknown as [[{ first: number; last: number }]];
  for (let from = range.first; from <= range.last; from += ROWS_OF_TRANSACTION) {
    await owner.query(
      `UPDATE pinterest_data SET title = CONCAT(title, '!') WHERE \`index\` BETWEEN ${from} AND ${from + ROWS_OF_TRANSACTION - 1}`,
    );
  }
}
