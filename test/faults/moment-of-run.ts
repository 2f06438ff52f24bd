import type { Moment } from '../support/kafka-proxy';
import type { RoundRandom } from './fault';

/** Any moment of a run from its first send to its third commit. */
export const momentOfRun = (random: RoundRandom): Omit<Moment, 'transactionalId'> =>
  random.pick([
    { request: 'Produce', side: 'request', nth: 1 + random.below(20) },
    { request: 'Produce', side: 'answer', nth: 1 + random.below(20) },
    { request: 'TxnOffsetCommit', side: 'request', nth: 1 + random.below(3) },
    { request: 'EndTxn', side: 'request', nth: 1 + random.below(3) },
    { request: 'EndTxn', side: 'answer', nth: 1 + random.below(3) },
  ] as const);
