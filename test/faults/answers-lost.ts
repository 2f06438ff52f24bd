import { setTimeout as delay } from 'node:timers/promises';
import type { TransactionRequest } from '../support/kafka-proxy';
import type { Fault } from './fault';
import { caughtUp } from './outcome';

/** Everything that a run asks of Kafka in a transaction. */
const REQUESTS: readonly TransactionRequest[] = [
  'InitProducerId',
  'AddPartitionsToTxn',
  'Produce',
  'AddOffsetsToTxn',
  'TxnOffsetCommit',
  'EndTxn',
];

/** Longer than the client waits for an answer, in milliseconds. */
const TOO_LATE_MS = 31_000;

/** Of every request once: Kafka has done it, and the producer does not hear of it, because the connection is gone. */
const answersLost = (name: string, how: 'cut' | 'closeHalf'): Fault => ({
  name,
  happen: async (pipeline, random) => {
    for (const request of REQUESTS) {
      await pipeline.addPosts(500);
      // Two chunks, with a request to each of three brokers.
      const nth = request === 'Produce' ? 1 + random.below(6) : 1;
      const run = pipeline.invoke(pipeline.newEmitter());
      const conversation = await pipeline.stopped({ request, side: 'answer', nth }, run);
      pipeline.markFault();
      conversation[how]();
      await caughtUp(run);
    }
  },
});

/** Faults in which Kafka did what it was asked, and the answer is lost or late. */
export const ANSWERS_LOST: readonly Fault[] = [
  answersLost('answers-cut', 'cut'),
  answersLost('connections-half-closed', 'closeHalf'),
  {
    name: 'answer-too-late',
    happen: async (pipeline, random) => {
      const run = pipeline.invoke(pipeline.newEmitter());
      const request = random.pick(['Produce', 'TxnOffsetCommit', 'EndTxn'] as const);
      const conversation = await pipeline.stopped({ request, side: 'answer', nth: 1 + random.below(3) }, run);
      pipeline.markFault();
      await delay(TOO_LATE_MS);
      conversation.pass();
      await caughtUp(run);
    },
  },
];
