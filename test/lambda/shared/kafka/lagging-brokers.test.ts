import { type Admin, KafkaJSProtocolError } from 'kafkajs';
import Broker, { type AddPartitionsRequest } from 'kafkajs/src/broker';
import { readSettings } from '../../../../lambda/shared/kafka/topic-facts';
import {
  addPartitionsTogether,
  announcePartitions,
} from '../../../../lambda/shared/kafka/transaction-partitions';

const protocolError = (type: string, code: number): Error =>
  new KafkaJSProtocolError(Object.assign(new Error(`The broker said ${type}`), { type, code }));
const unknownTopic = (): Error => protocolError('UNKNOWN_TOPIC_OR_PARTITION', 3);

/** Answers with these, one after the other. */
const answers = <T>(...given: readonly (Error | T)[]) => {
  const left = [...given];
  return jest.fn(async (): Promise<T> => {
    const answer = left.shift();
    if (answer === undefined) throw new Error('Nobody expected another request.');
    if (answer instanceof Error) throw answer;
    return answer;
  });
};

test('the settings of a new topic are asked for until the broker that is asked knows it', async () => {
  const resources = [{ resourceName: 'ada.pin', configEntries: [] }];
  const describeConfigs = answers<unknown>(unknownTopic(), unknownTopic(), { resources });

  const settings = await readSettings({ describeConfigs } as unknown as Admin, ['ada.pin']);

  expect(settings).toEqual(new Map([['ada.pin', {}]]));
  expect(describeConfigs).toHaveBeenCalledTimes(3);
});

describe('partitions that are added to a transaction', () => {
  const original = Broker.prototype.addPartitionsToTxn;
  afterEach(() => {
    Broker.prototype.addPartitionsToTxn = original;
  });

  const partitions = [
    { topic: 'ada.geo', partition: 0 },
    { topic: 'ada.pin', partition: 0 },
    { topic: 'ada.pin', partition: 1 },
  ];

  /** Adds them as the client does for its first send; the coordinator gives these answers. */
  async function add(transactionalId: string, ...given: (Error | object)[]) {
    const coordinator = answers<unknown>(...given);
    Broker.prototype.addPartitionsToTxn = coordinator;
    addPartitionsTogether();
    announcePartitions(transactionalId, partitions);
    const first = [{ topic: 'ada.geo', partitions: [0] }];
    const request = { transactionalId, producerId: '1', producerEpoch: 0, topics: first };
    const added = Broker.prototype.addPartitionsToTxn.call({} as Broker, request);
    const requests = () =>
      coordinator.mock.calls.map((call) => (call as unknown as [AddPartitionsRequest])[0].topics);
    return { added, requests };
  }

  const all = [
    { topic: 'ada.geo', partitions: [0] },
    { topic: 'ada.pin', partitions: [0, 1] },
  ];

  test('are asked for until their coordinator knows the topic', async () => {
    const { added, requests } = await add('young', unknownTopic(), {});
    await added;
    expect(requests()).toEqual([all, all]);
  });

  test('are added one by one where the client does not tell which of them was refused, and all the same', async () => {
    const { added, requests } = await add(
      'not-attempted',
      protocolError('OPERATION_NOT_ATTEMPTED', 55),
      {},
      unknownTopic(),
      {},
      {},
    );
    await added;
    const [geo, pin0, pin1] = partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
    expect(requests()).toEqual([all, [geo], [pin0], [pin0], [pin1]]);
  });

  test('are refused by the name of the topic that is denied', async () => {
    const { added } = await add(
      'denied',
      protocolError('OPERATION_NOT_ATTEMPTED', 55),
      {},
      protocolError('TOPIC_AUTHORIZATION_FAILED', 29),
    );
    await expect(added).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringContaining('the topic ada.pin'),
      retriable: false,
    });
  });
});
