import { membersIn } from '../../../../lambda/shared/kafka/consumer-groups';

/** Bytes of an answer: numbers are bytes, texts are compact strings, `null` is none. */
const answer = (...fields: readonly (number | string | null)[]): Buffer =>
  Buffer.concat(
    fields.map((field) => {
      if (field === null) return Buffer.from([0]);
      if (typeof field === 'number') return Buffer.from([field]);
      const length = field.length + 1;
      const head = length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
      return Buffer.concat([Buffer.from(head), Buffer.from(field)]);
    }),
  );

const HEADER = [0, 0, 0, 0, 0];
const EPOCHS = [0, 0, 0, 3, 0, 0, 0, 3];

test('a member has the name and the place of its client, whatever comes behind it', () => {
  const host = `/${'h'.repeat(150)}`;
  const group = [2, 0, 0, null, 'ada.emitter', 'Stable', ...EPOCHS, 'uniform'];
  const member = [2, 'member-1', null, null, 0, 0, 0, 3, 'newer', host, 1, 1, 1];
  expect(membersIn(answer(...HEADER, ...group, ...member))).toMatchObject([
    { memberId: 'member-1', clientId: 'newer', clientHost: host },
  ]);
});

test.each([
  ['a group without members', [2, 0, 0, null, 'ada.emitter', 'Empty', ...EPOCHS, 'uniform', 1]],
  [
    'a group that is not there',
    [2, 0, 69, 'Group ada.emitter not found.', 'ada.emitter', '', 0, 0, 0, 0, 0, 0, 0, 0, '', 1],
  ],
  ['no group', [1]],
])('%s has no member', (_, group) => {
  expect(membersIn(answer(...HEADER, ...group))).toEqual([]);
});
