import fc from 'fast-check';
import { partitionOfKey } from '../../../../lambda/emitter/kafka/key-partition';
import {
  MAX_REQUEST_BYTES,
  MAX_SEND_MESSAGES,
  requestsByLeader,
  sendsByPartition,
} from '../../../../lambda/emitter/kafka/sends';
import { PregroupedMessages } from '../../../../lambda/shared/kafka/pregrouped-messages';
import { MAX_MESSAGE_BYTES, type Message, messageBytes } from '../../../../lambda/shared/message';

const clientsGrouping = jest.requireActual<
  (send: {
    topic: string;
    partitionMetadata: readonly unknown[];
    messages: readonly Message[];
    partitioner: () => number;
  }) => Record<string, readonly Message[]>
>('kafkajs/src/producer/groupMessagesPerPartition');

const message = (key: bigint, bytes = 1): Message => ({ key: `${key}`, value: Buffer.alloc(bytes, 'x') });

test('every message is in one send, to the partition of its key, in its order and within both limits', () => {
  const messages = fc.array(
    fc
      .tuple(fc.bigInt({ min: 0n, max: 5_000n }), fc.constantFrom(1, 300, 200_000, 899_000))
      .map(([key, bytes]) => message(key, bytes)),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 5 }), (all, partitions) => {
      const queues = sendsByPartition('ada.pin', all, partitions);

      for (const sends of queues) {
        const [partition] = sends.map((send) => send.partition);
        expect(sends.every((send) => send.partition === partition && send.topic === 'ada.pin')).toBe(true);
        expect(sends.flatMap((send) => [...send.messages])).toEqual(
          all.filter(({ key }) => partitionOfKey(key, partitions) === partition),
        );
        for (const send of sends) {
          expect(send.messages.reduce<object>()).toEqual({ [send.partition]: send.messages });
          const sizes = [...send.messages].map(messageBytes);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
        }
      }
      expect(queues.flat().flatMap((send) => [...send.messages])).toHaveLength(all.length);
    }),
  );
});

test('a send is full with so many messages, however small', () => {
  const all = Array.from({ length: 2 * MAX_SEND_MESSAGES + 1 }, (_, key) => message(BigInt(key)));
  const lengths = sendsByPartition('ada.pin', all, 1).flatMap((sends) =>
    sends.map((send) => send.messages.length),
  );
  expect(lengths).toEqual([MAX_SEND_MESSAGES, MAX_SEND_MESSAGES, 1]);
});

test('a topic without partitions takes nothing', () => {
  expect(() => sendsByPartition('ada.pin', [message(1n)], 0)).toThrow('Topic ada.pin has no partitions.');
});

test('the client takes the messages of a partition as they are, and asks nobody where they go', () => {
  const messages = new PregroupedMessages(2);
  messages.push(message(1n), message(2n));
  const grouped = clientsGrouping({
    topic: 'ada.pin',
    partitionMetadata: [{}, {}, {}],
    messages,
    partitioner: () => {
      throw new Error('asked');
    },
  });

  expect(Object.keys(grouped)).toEqual(['2']);
  expect(grouped['2']).toBe(messages);
});

test('the sends to partitions of one broker share its requests as far as they fit, each partition in its order', () => {
  const some = fc.array(
    fc
      .tuple(fc.bigInt({ min: 0n, max: 5_000n }), fc.constantFrom(1, 100_000, 400_000))
      .map(([key, bytes]) => message(key, bytes)),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(
      some,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      (all, partitions, brokers) => {
        const queues = ['ada.pin', 'ada.geo'].flatMap((topic) => sendsByPartition(topic, all, partitions));

        const requests = requestsByLeader(queues, ({ partition }) => partition % brokers);

        for (const [broker, ofBroker] of requests) {
          for (const sends of ofBroker) {
            const places = sends.map(({ topic, partition }) => `${topic} ${partition}`);
            expect(new Set(places).size).toBe(sends.length);
            expect(sends.every(({ partition }) => partition % brokers === broker)).toBe(true);
            const bytes = sends.map(({ messages }) => messages.bytes);
            if (sends.length > 1)
              expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(MAX_REQUEST_BYTES);
          }
        }
        const inOrder = [...requests.values()].flat(2);
        for (const queue of queues) {
          const [first] = queue;
          expect(
            inOrder.filter(({ topic, partition }) => topic === first?.topic && partition === first.partition),
          ).toEqual(queue);
        }
        expect(inOrder).toHaveLength(queues.flat().length);
      },
    ),
  );
});

test('small sends to partitions of one broker are one request', () => {
  const all = Array.from({ length: 100 }, (_, key) => message(BigInt(key)));
  const queues = ['ada.pin', 'ada.geo', 'ada.user'].flatMap((topic) => sendsByPartition(topic, all, 3));
  expect([...requestsByLeader(queues, () => 1).values()].map((ofBroker) => ofBroker.length)).toEqual([1]);
});
