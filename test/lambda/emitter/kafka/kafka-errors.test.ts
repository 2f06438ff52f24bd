import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { ConfigurationError } from '../../../../lambda/emitter/errors';
import { kafkaError, protocolErrorType } from '../../../../lambda/emitter/kafka/kafka-errors';

const protocolError = (type: string): Error =>
  new KafkaJSProtocolError(Object.assign(new Error(`The broker said ${type}`), { type, code: 1 }));
const afterAllTries = (cause: Error): Error =>
  Object.assign(new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 12, retryTime: 5_000 }), { cause });

test.each([
  ['INVALID_PRODUCER_EPOCH', 'FencedError', false],
  ['TOPIC_AUTHORIZATION_FAILED', 'AccessDeniedError', false],
  ['GROUP_AUTHORIZATION_FAILED', 'AccessDeniedError', false],
  ['CLUSTER_AUTHORIZATION_FAILED', 'AccessDeniedError', false],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'AccessDeniedError', false],
  ['MESSAGE_TOO_LARGE', 'TopicError', false],
  ['RECORD_LIST_TOO_LARGE', 'TopicError', false],
  ['NOT_LEADER_FOR_PARTITION', 'UnreachableError', true],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UnreachableError', true],
  ['INVALID_PRODUCER_ID_MAPPING', 'UnreachableError', true],
])('%s is a %s, also below the layer of all tries', (type, name, retryable) => {
  const plain = protocolError(type);
  const wrapped = afterAllTries(plain);

  expect(kafkaError(plain, 'sending rows')).toMatchObject({ name, retryable, cause: plain });
  expect(kafkaError(wrapped, 'sending rows')).toMatchObject({ name, retryable, cause: wrapped });
  expect(kafkaError(wrapped, 'sending rows').message).toContain('sending rows');
});

test('a refused login says so and what the broker said', () => {
  const refused = afterAllTries(
    Object.assign(new Error('Access denied'), { name: 'KafkaJSSASLAuthenticationError' }),
  );
  const error = kafkaError(refused, 'connecting');
  expect(error.name).toBe('AccessDeniedError');
  expect(error.message).toBe('Kafka refused the authentication while connecting: Access denied.');
});

test('a broker out of reach is named', () => {
  const gone = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED 10.0.0.1:9098', {
    broker: '10.0.0.1:9098',
  });
  expect(kafkaError(gone, 'connecting').message).toBe(
    'Kafka failed while connecting: Connection error: connect ECONNREFUSED 10.0.0.1:9098.',
  );
});

test('an error of the emitter stays what it is', () => {
  const error = new ConfigurationError('wrong');
  expect(kafkaError(error, 'connecting')).toBe(error);
});

test('what is no error, or its own cause, is out of reach', () => {
  const circular = new Error('around');
  circular.cause = circular;
  expect(kafkaError('text', 'connecting')).toMatchObject({ name: 'UnreachableError' });
  expect(kafkaError(circular, 'connecting')).toMatchObject({ name: 'UnreachableError' });
  expect(protocolErrorType(circular)).toBeUndefined();
});
