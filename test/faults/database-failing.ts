import assert from 'node:assert/strict';
import { newPassword } from '../../scripts/local/database-logins';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { impatientEmitter } from './impatient-emitter';
import { caughtUp, endedInOrder } from './outcome';

/** A run that stands still with its three queries under way: Kafka does not answer, so the database is held back. */
async function runWhileReading(
  pipeline: FaultPipeline,
  random: RoundRandom,
  whileReading: () => Promise<void>,
  emitter = pipeline.newEmitter(),
): Promise<{ readonly run: ReturnType<FaultPipeline['invoke']> }> {
  const run = pipeline.invoke(emitter);
  const conversation = await pipeline.stopped(
    { request: 'Produce', side: 'answer', nth: 1 + random.below(9) },
    run,
  );
  await whileReading();
  pipeline.markFault();
  conversation.pass();
  return { run };
}

/** Faults in which the database goes away, or takes another password. */
export const DATABASE_FAILING: readonly Fault[] = [
  {
    name: 'database-connections-killed',
    happen: async (pipeline, random) => {
      const { run } = await runWhileReading(pipeline, random, () => pipeline.killConnections());
      await caughtUp(run);
    },
  },
  {
    name: 'database-restarted',
    breaksServers: true,
    happen: async (pipeline, random) => {
      const { run } = await runWhileReading(pipeline, random, () => pipeline.servers.restartDatabase());
      await endedInOrder(run);
      await pipeline.catchUp();
    },
  },
  {
    name: 'database-silent',
    breaksServers: true,
    happen: async (pipeline, random) => {
      // More than fits between the server and the emitter, so that there is something to wait for.
      await pipeline.addPosts(20_000);
      const retries: Error[] = [];
      const emitter = pipeline.keep(impatientEmitter(pipeline, 2_000, (error) => retries.push(error)));
      const stall = async () => pipeline.servers.databaseProxy.stall();
      const { run } = await runWhileReading(pipeline, random, stall, emitter);
      await caughtUp(run);
      assert.match(String(retries[0]), /UnreachableError: The database sent no row for 2 s/);
    },
  },
  {
    name: 'password-rotated',
    happen: async (pipeline, random) => {
      const password = newPassword();
      const { run } = await runWhileReading(pipeline, random, async () => {
        const { user } = pipeline.logins.emitter;
        await pipeline.servers.asAdmin(`ALTER USER '${user}'@'127.0.0.1' IDENTIFIED BY '${password}'`);
        pipeline.changeLogin({ password });
        await pipeline.killConnections();
      });
      const { emitted } = await caughtUp(run);
      assert.equal(emitted.pin, pipeline.posts);
    },
  },
];
