import { type FetchedRecord, hideAborted } from '../../../../lambda/shared/kafka/aborted-records';

/** A letter is a record of that producer; behind it an exclamation mark is its abort marker, a full stop its commit marker. */
const log = (text: string): FetchedRecord[] =>
  text.split(' ').map(([producerId = '', marker], offset) => ({
    offset: `${offset}`,
    key: marker === undefined ? Buffer.from('key') : Buffer.from([0, 0, 0, marker === '!' ? 0 : 1]),
    isControlRecord: marker !== undefined,
    batchContext: { producerId, inTransaction: producerId !== '-' },
  }));

/** The offsets that are handed on, of those from `from` on. */
function handedOn(text: string, aborted: readonly (readonly [string, number])[], from = 0): number[] {
  const messages = log(text).slice(from);
  const abortedTransactions = aborted.map(([producerId, first]) => ({ producerId, firstOffset: `${first}` }));
  hideAborted({ messages, abortedTransactions });
  return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => Number(offset));
}

test.each<[string, string, [string, number][], number[]]>([
  ['no transaction was aborted', 'a b a. b.', [], [0, 1]],
  ['one was aborted', 'a a a! b b.', [['a', 0]], [3]],
  ['a producer aborts one and commits the next', 'a a! a a.', [['a', 0]], [2]],
  ['a producer commits one and aborts the next', 'a a. a a! a a.', [['a', 2]], [0, 4]],
  ['a record of no transaction stands among them', 'a - a!', [['a', 0]], [1]],
  [
    'two overlap, in the order in which they ended',
    'a b c a b! a a! c c.',
    [
      ['b', 1],
      ['a', 0],
    ],
    [2, 7],
  ],
])('hides what was aborted where %s', (_, text, aborted, expected) => {
  expect(handedOn(text, aborted)).toEqual(expected);
});

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('hides what was aborted from the offset %d on', (from) => {
  const aborted: [string, number][] = [
    ['a', 0],
    ['b', 1],
  ];

  expect(handedOn('a b c a b! a a! c c.', aborted, from)).toEqual([2, 7].filter((offset) => offset >= from));
});
