import type { Moment } from '../support/kafka-proxy';
import type { RoundRandom } from './fault';

/** A moment of a run from its first send to its third commit, which may be its last: it may have nothing left to do. */
export const momentOfRun = (random: RoundRandom): Omit<Moment, 'transactionalId'> =>
  random.pick([
    { request: 'Produce', side: 'request', nth: 1 + random.below(9) },
    { request: 'Produce', side: 'answer', nth: 1 + random.below(9) },
    { request: 'TxnOffsetCommit', side: 'request', nth: 1 + random.below(3) },
    { request: 'EndTxn', side: 'request', nth: 1 + random.below(3) },
    { request: 'EndTxn', side: 'answer', nth: 1 + random.below(3) },
  ] as const);

/** A moment of a run that has rows left to commit: of those of a round, at least two transactions are full of them. */
export const momentBeforeLastCommit = (random: RoundRandom): Omit<Moment, 'transactionalId'> =>
  random.pick([
    { request: 'Produce', side: 'request', nth: 1 + random.below(9) },
    { request: 'Produce', side: 'answer', nth: 1 + random.below(9) },
    { request: 'TxnOffsetCommit', side: 'request', nth: 1 + random.below(2) },
    { request: 'EndTxn', side: 'request', nth: 1 + random.below(2) },
    { request: 'EndTxn', side: 'answer', nth: 1 },
  ] as const);

/** A moment of a run that follows some thousand changes: they may fit one transaction. */
export const momentOfFollowing = (random: RoundRandom): Omit<Moment, 'transactionalId'> =>
  random.pick([
    { request: 'Produce', side: 'request', nth: 1 + random.below(3) },
    { request: 'Produce', side: 'answer', nth: 1 + random.below(3) },
    { request: 'TxnOffsetCommit', side: 'request' },
    { request: 'EndTxn', side: 'request' },
    { request: 'EndTxn', side: 'answer' },
  ] as const);
