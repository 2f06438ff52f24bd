import { setTimeout as delay } from 'node:timers/promises';
import type { LocalBroker } from '../../scripts/local/kafka';
import type { StoppedConversation } from '../support/kafka-proxy';
import type { Fault, RoundRandom } from './fault';
import type { FaultPipeline } from './fault-pipeline';
import { endedInOrder } from './outcome';

/** How long dead brokers stay so, in milliseconds. */
const longestDown = 4_000;

/** Kills brokers (SIGKILL) while a run's conversation stands still, lets it go on, and starts them again. */
async function kill(
  pipeline: FaultPipeline,
  random: RoundRandom,
  run: ReturnType<FaultPipeline['invoke']>,
  conversation: StoppedConversation,
  brokers: readonly LocalBroker[],
): Promise<void> {
  await Promise.all(brokers.map((broker) => broker.kill('SIGKILL')));
  pipeline.markFault();
  conversation.pass();
  await delay(random.below(longestDown));
  await Promise.all(brokers.map((broker) => broker.start()));
  await endedInOrder(run);
  await pipeline.catchUp();
  await pipeline.servers.healed();
}

/** The brokers in a random order. */
const shuffled = ({ servers }: FaultPipeline, random: RoundRandom): LocalBroker[] => {
  const order = servers.kafka.brokers.map((broker) => ({ broker, place: random.bits() }));
  return order.sort((a, b) => a.place - b.place).map(({ broker }) => broker);
};

/** Some brokers are killed in the middle of a transaction. */
const someKilled = (name: string, count: number): Fault => ({
  name,
  breaksServers: true,
  happen: async (pipeline, random) => {
    const run = pipeline.invoke(pipeline.newEmitter());
    const conversation = await pipeline.stopped(
      random.pick([
        { request: 'Produce', side: 'request', nth: 1 + random.below(9) },
        { request: 'Produce', side: 'answer', nth: 1 + random.below(9) },
        { request: 'TxnOffsetCommit', side: 'answer', nth: 1 + random.below(3) },
      ] as const),
      run,
    );
    await kill(pipeline, random, run, conversation, shuffled(pipeline, random).slice(0, count));
  },
});

/** The broker that decides on the transaction is killed before, or after, it has written the decision down. */
const coordinatorKilled: Fault = {
  name: 'coordinator-killed',
  breaksServers: true,
  happen: async (pipeline, random) => {
    const run = pipeline.invoke(pipeline.newEmitter());
    const side = random.pick(['request', 'answer'] as const);
    const conversation = await pipeline.stopped({ request: 'EndTxn', side, nth: 1 + random.below(3) }, run);
    await kill(pipeline, random, run, conversation, [pipeline.servers.broker(conversation.nodeId)]);
  },
};

/** Faults in which brokers die. */
export const BROKERS_KILLED: readonly Fault[] = [
  someKilled('broker-killed', 1),
  coordinatorKilled,
  someKilled('two-brokers-killed', 2),
  someKilled('all-brokers-restarted', 3),
];
