import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CompressionTypes } from 'kafkajs';
import type { ProduceArguments, ProduceDefinition } from 'kafkajs/src/protocol/requests';
import { oneRequest } from '../../../../lambda/shared/kafka/one-broker-request';
import { PregroupedMessages } from '../../../../lambda/shared/kafka/pregrouped-messages';
import { onePassProduce } from '../../../../lambda/shared/kafka/produce-request';
import type { Message } from '../../../../lambda/shared/message';

const client = jest.requireActual<ProduceDefinition>('kafkajs/src/protocol/requests/produce');
const own = onePassProduce(client);
const VERSIONS = [3, 4, 5, 6, 7];

const encoded = async (
  definition: ProduceDefinition,
  version: number,
  argument: ProduceArguments,
): Promise<Buffer> => {
  const { buf, buffer } = await definition.protocol({ version })(argument).request.encode();
  expect(buf.subarray(0, buffer.length)).toEqual(buffer);
  return buffer;
};

const partitionMessages = (partition: number, messages: readonly Message[]): PregroupedMessages => {
  const all = new PregroupedMessages(partition);
  all.push(...messages);
  return all;
};

const producer = {
  transactionalId: 'ada.emitter',
  producerId: 4_000n,
  producerEpoch: 7,
  acks: -1,
  timeout: 30_000,
  compression: CompressionTypes.None,
} as const;

const send = (messages: readonly Message[], firstSequence = 0, partition = 2): ProduceArguments => ({
  ...producer,
  topicData: [
    { topic: 'ada.pin', partitions: [{ partition, firstSequence, messages: messages as Message[] }] },
  ],
});

beforeEach(() => {
  jest.useFakeTimers({ now: 1_795_000_000_000, doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

test('a request of the emitter is that of the client, byte for byte', async () => {
  const message = fc
    .tuple(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 2n }),
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(63, 64, 8_191, 8_192).map((length) => new Uint8Array(length)),
      ),
    )
    .map(([key, value]): Message => ({ key: `${key}`, value: Buffer.from(value) }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 80 }),
      fc.constantFrom(...VERSIONS),
      fc.nat(2 ** 31 - 1_000),
      fc.nat(100),
      async (messages, version, firstSequence, partition) => {
        const clients = await encoded(client, version, send([...messages], firstSequence, partition));

        const argument = send(partitionMessages(partition, messages), firstSequence, partition);
        expect((await encoded(own, version, argument)).equals(clients)).toBe(true);
      },
    ),
  );
});

test('a request for several partitions is that of the client, byte for byte', async () => {
  const message = fc
    .tuple(fc.nat(5_000), fc.uint8Array({ maxLength: 300 }))
    .map(([key, value]): Message => ({ key: `${key}`, value: Buffer.from(value) }));
  const batch = fc.record({
    topic: fc.constantFrom('ada.pin', 'ada.geo', 'ada.user'),
    partition: fc.nat(5),
    firstSequence: fc.nat(2 ** 31 - 1_000),
    messages: fc.array(message, { minLength: 1, maxLength: 20 }),
  });
  const batches = fc.uniqueArray(batch, {
    selector: ({ topic, partition }) => `${topic} ${partition}`,
    minLength: 2,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(batches, fc.constantFrom(...VERSIONS), async (all, version) => {
      const sends = all.map(({ topic, partition, messages }) => ({
        topic,
        partition,
        messages: partitionMessages(partition, messages),
      }));
      const topicDataWith = (recordsOf: (one: (typeof all)[number]) => unknown) =>
        oneRequest(sends).map(({ topic }) => ({
          topic,
          partitions: all
            .filter((one) => one.topic === topic)
            .map((one) => ({
              partition: one.partition,
              firstSequence: one.firstSequence,
              messages: recordsOf(one) as Message[],
            })),
        }));
      const parts = new Map(
        oneRequest(sends).map(({ topic, messages }) => [
          topic,
          messages.reduce((none) => none, {}) as Record<number, unknown>,
        ]),
      );

      const made = await encoded(own, version, {
        ...producer,
        topicData: topicDataWith(({ topic, partition }) => parts.get(topic)?.[partition]),
      });

      const clients = topicDataWith(({ messages }) => messages);
      expect(made.equals(await encoded(client, version, { ...producer, topicData: clients }))).toBe(true);
    }),
  );
});

test('more records than fit two bytes of a varint are those of the client, too', async () => {
  const messages = Array.from(
    { length: 9_000 },
    (_, key): Message => ({ key: `${key}`, value: Buffer.from('{}') }),
  );
  expect(
    (await encoded(own, 7, send(partitionMessages(0, messages)))).equals(
      await encoded(client, 7, send(messages)),
    ),
  ).toBe(true);
});

test('compressed records are those that are not, and the batch names its codec', async () => {
  const messages = partitionMessages(2, [{ key: '1', value: Buffer.from('{"index":1}') }]);
  const plain = await encoded(own, 7, send(messages));

  const gzip = { ...send(messages), compression: CompressionTypes.GZIP };
  const compressed = await encoded(own, 7, gzip);

  const batch = plain.length - RECORDS_BYTES - HEADER_BYTES;
  const begin = batch + HEADER_BYTES;
  expect(gunzipSync(compressed.subarray(begin))).toEqual(plain.subarray(begin));
  expect(compressed.readInt16BE(batch + 21) & 0x07).toBe(CompressionTypes.GZIP);
  expect(compressed.readInt32BE(batch - 4)).toBe(compressed.length - batch);
});

/** Of a batch, before its records. */
const HEADER_BYTES = 61;

/** Of the one record: seven small numbers, the key and the value. */
const RECORDS_BYTES = 7 + 1 + '{"index":1}'.length;

test.each([
  [
    'messages of anybody else',
    [
      {
        topic: 't',
        partitions: [{ partition: 0, messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }] }],
      },
    ],
  ],
])('the client makes the request for %s itself', async (_, topicData) => {
  const argument: ProduceArguments = { ...producer, topicData: topicData as ProduceArguments['topicData'] };
  expect((await encoded(own, 7, argument)).equals(await encoded(client, 7, argument))).toBe(true);
});

test('the client makes requests of older formats itself', () => {
  expect(own.versions).toBe(client.versions);
  const argument = send(partitionMessages(2, [{ key: '1', value: Buffer.from('{}') }]));
  const { request } = own.protocol({ version: 2 })(argument);
  expect(request.apiVersion).toBe(2);
  expect(request.encode.toString()).toBe(client.protocol({ version: 2 })(argument).request.encode.toString());
});
