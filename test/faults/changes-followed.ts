import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { STREAMS } from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import { mendKeys } from '../../scripts/runs/mend-keys';
import { silentProgress } from '../../scripts/terminal/progress';
import { startWriters } from '../support/table-writers';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import type { FaultServers } from './fault-servers';
import { momentOfFollowing } from './moment-of-run';
import { caughtUp, crashed, endedInOrder } from './outcome';

const FOLLOWED = { pin: 'followed', geo: 'followed', user: 'followed' };

/** Lets writers change all three tables while something happens; then the pipeline catches up. */
const whileWriting =
  (happen: (pipeline: FaultPipeline, random: RoundRandom) => Promise<void>): Fault['happen'] =>
  async (pipeline, random) => {
    await pipeline.catchUp();
    const writers = await startWriters(pipeline.owner, { keys: pipeline.posts, random: random.below });
    try {
      await happen(pipeline, random);
    } finally {
      await writers.stop();
    }
    const summary = await pipeline.catchUp();
    assert.deepEqual(summary.changes, FOLLOWED);
  };

/** Changes so many rows that following them takes several transactions. */
async function changeMany(pipeline: FaultPipeline, random: RoundRandom): Promise<void> {
  const some = (column: string) => `\`${column}\` % 3 = ${random.below(3)}`;
  await pipeline.sql(
    `UPDATE pinterest_data SET title = CONCAT(title, ' (${random.bits()})') WHERE ${some('index')}`,
    `DELETE FROM geolocation_data WHERE ${some('ind')}`,
    `UPDATE user_data SET ind = ind + 1 WHERE ${some('ind')}`,
  );
}

const killed: Fault = {
  name: 'changes-emitter-killed',
  happen: whileWriting(async (pipeline, random) => {
    for (let kills = 0; kills < 3; kills++) {
      await changeMany(pipeline, random);
      const emitter = pipeline.newProcess();
      const run = pipeline.invoke(emitter);
      if (random.below(3) === 0) {
        // While it opens its snapshots, or reads the log.
        run.catch(() => {});
        await delay(600 + random.below(1_500));
        emitter.kill('SIGKILL');
        await run.catch((error: Error) => assert.equal(error.name, 'Crashed'));
      } else {
        const conversation = await pipeline.stopped(momentOfFollowing(random), run);
        emitter.kill('SIGKILL');
        await crashed(run);
        conversation.cut();
      }
      pipeline.forgetMoments(0);
      pipeline.markFault();
    }
  }),
};

const brokerKilled: Fault = {
  name: 'changes-broker-killed',
  breaksServers: true,
  happen: whileWriting(async (pipeline, random) => {
    await changeMany(pipeline, random);
    const run = pipeline.invoke(pipeline.newEmitter());
    const conversation = await pipeline.stopped(momentOfFollowing(random), run);
    const broker = random.pick(pipeline.servers.kafka.brokers);
    await broker.kill('SIGKILL');
    pipeline.markFault();
    conversation.pass();
    await delay(random.below(4_000));
    await broker.start();
    await endedInOrder(run);
    await pipeline.servers.healed();
  }),
};

const logCut: Fault = {
  name: 'changes-log-cut',
  happen: whileWriting(async (pipeline, random) => {
    for (let cuts = 0; cuts < 3; cuts++) {
      await changeMany(pipeline, random);
      const run = pipeline.invoke(pipeline.newEmitter());
      for (let connections = 0; connections < 2; connections++) {
        await delay(random.below(150));
        await pipeline.killConnections();
        pipeline.markFault();
      }
      await endedInOrder(run);
    }
  }),
};

const logRotated: Fault = {
  name: 'changes-log-rotated',
  happen: whileWriting(async (pipeline, random) => {
    for (let rotations = 0; rotations < 4; rotations++) {
      const run = pipeline.invoke(pipeline.newEmitter());
      await delay(random.below(300));
      await pipeline.servers.asAdmin('FLUSH BINARY LOGS');
      await caughtUp(run);
    }
  }),
};

const databaseRestarted: Fault = {
  name: 'changes-database-restarted',
  breaksServers: true,
  happen: async (pipeline, random) => {
    await pipeline.catchUp();
    for (let restarts = 0; restarts < 2; restarts++) {
      await changeMany(pipeline, random);
      const run = pipeline.invoke(pipeline.newEmitter());
      await delay(random.below(400));
      await pipeline.servers.restartDatabase();
      pipeline.changeLogin({});
      pipeline.markFault();
      await endedInOrder(run);
    }
    await pipeline.catchUp();
  },
};

const twoRuns: Fault = {
  name: 'changes-two-runs-at-once',
  happen: whileWriting(async (pipeline, random) => {
    for (let pairs = 0; pairs < 2; pairs++) {
      await changeMany(pipeline, random);
      const older = pipeline.newProcess();
      const run = pipeline.invoke(older);
      const conversation = await pipeline.stopped(momentOfFollowing(random), run);
      older.kill('SIGSTOP');
      const newer = pipeline.invoke(pipeline.newEmitter());
      await delay(random.below(600));
      older.kill('SIGCONT');
      conversation.pass();
      pipeline.forgetMoments(0);
      await Promise.all([endedInOrder(run), endedInOrder(newer)]);
    }
  }),
};

const shardsChanged: Fault = {
  name: 'changes-shards-changed',
  rows: 40_000,
  happen: async (pipeline, random) => {
    const writers = await startWriters(pipeline.owner, { keys: pipeline.posts, random: random.below });
    try {
      for (let change = 0; change < 3; change++) {
        const shards = random.pick([1, 2, 3, 3]);
        const emitters = Array.from({ length: shards }, () => pipeline.newProcess({ SHARDS: `${shards}` }));
        const runs = emitters.map(
          async (emitter, shard) => await endedOrKilled(pipeline.invoke(emitter, { shard })),
        );
        const victim = emitters[random.below(shards)];
        await delay(500 + random.below(2_000));
        victim?.kill('SIGKILL');
        await Promise.all(runs);
        await pipeline.addPosts(20_000);
      }
    } finally {
      await writers.stop();
    }
    await pipeline.catchUpShards(3);
  },
};

async function endedOrKilled(run: Promise<EmitSummary>): Promise<void> {
  await endedInOrder(run).catch((error: Error) => assert.equal(error.name, 'Crashed'));
}

/** What `npm run verify -- --mend` does. */
const mend = (pipeline: FaultPipeline): Promise<VerificationReport> =>
  mendKeys(
    {
      emit: (event) => pipeline.invoke(pipeline.newEmitter(), event),
      verify: (keys) => pipeline.verify(keys),
    },
    silentProgress,
  );

/** Removes all of the log but its last file; the server keeps a file for as long as its tables may need it. */
async function purgeLog(servers: FaultServers): Promise<void> {
  await servers.asAdmin('SET GLOBAL slave_connections_needed_for_purge = 0');
  await servers.asAdmin('FLUSH BINARY LOGS');
  const [[last] = []] = await servers.asAdmin('SHOW MASTER STATUS');
  while ((await servers.asAdmin('SHOW BINARY LOGS')).some(([file = '']) => file < `${last}`)) {
    await servers.asAdmin(`PURGE BINARY LOGS TO '${last}'`);
    await delay(100);
  }
}

const logPurged: Fault = {
  name: 'changes-log-purged',
  breaksServers: true,
  happen: async (pipeline, random) => {
    const emitter = pipeline.newEmitter();
    await caughtUp(pipeline.invoke(emitter));
    await changeMany(pipeline, random);
    await purgeLog(pipeline.servers);
    pipeline.markFault();
    const lost = await caughtUp(pipeline.invoke(emitter));
    for (const text of Object.values(lost.changes)) assert.match(text, /^reconcile \(/);

    await changeMany(pipeline, random);
    assert.equal((await mend(pipeline)).equal, true);
    const { changes } = await caughtUp(pipeline.invoke(emitter));
    assert.deepEqual(changes, FOLLOWED);
  },
};

const truncated: Fault = {
  name: 'changes-table-truncated',
  happen: async (pipeline, random) => {
    const emitter = pipeline.newEmitter();
    await caughtUp(pipeline.invoke(emitter));
    const { name, table } = random.pick(STREAMS);
    await pipeline.sql(`TRUNCATE TABLE ${table}`);
    await pipeline.addPosts(500);

    const lost = await caughtUp(pipeline.invoke(emitter));

    assert.match(lost.changes[name], /^reconcile \(.*TRUNCATE/i);
    assert.equal((await pipeline.verify()).equal, false);
    assert.equal((await mend(pipeline)).equal, true);
  },
};

/** Faults while the tables change. */
export const CHANGES_FOLLOWED: readonly Fault[] = [
  killed,
  brokerKilled,
  logCut,
  logRotated,
  databaseRestarted,
  twoRuns,
  shardsChanged,
  logPurged,
  truncated,
];
