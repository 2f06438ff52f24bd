import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { ConfigurationError } from '../../../../lambda/shared/errors';
import { kafkaError, protocolErrorType } from '../../../../lambda/shared/kafka/kafka-errors';

const protocolError = (type: string, code = 1): Error =>
  new KafkaJSProtocolError(Object.assign(new Error(`The broker said ${type}`), { type, code }));
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
  ['GROUP_LOAD_IN_PROGRESS', 'UnreachableError', true],
  ['GROUP_COORDINATOR_NOT_AVAILABLE', 'UnreachableError', true],
  ['NOT_COORDINATOR_FOR_GROUP', 'UnreachableError', true],
  ['CONCURRENT_TRANSACTIONS', 'UnreachableError', true],
  ['NOT_ENOUGH_REPLICAS', 'UnreachableError', true],
  ['SASL_AUTHENTICATION_FAILED', 'AccessDeniedError', false],
  ['INVALID_TRANSACTION_TIMEOUT', 'ConfigurationError', false],
  ['ILLEGAL_SASL_STATE', 'ConfigurationError', false],
  ['UNSUPPORTED_SASL_MECHANISM', 'ConfigurationError', false],
  ['INVALID_CONFIG', 'UnknownError', false],
  ['KAFKAJS_UNKNOWN_ERROR_CODE', 'UnknownError', false],
  ['UNKNOWN', 'UnknownError', false],
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

test.each([
  ['KafkaJSConnectionError', undefined],
  ['KafkaJSError', undefined],
  ['KafkaJSRequestTimeoutError', undefined],
  ['KafkaJSBrokerNotFound', undefined],
  ['KafkaJSGroupCoordinatorNotFound', undefined],
  ['TypeError', undefined],
  ['Error', 'ENOTFOUND'],
  ['Error', 'EAI_AGAIN'],
  ['Error', 'ECONNREFUSED'],
  ['Error', 'ECONNRESET'],
])('%s with the code %s passes by itself, also below the layer of all tries', (name, code) => {
  const error = Object.assign(new Error('gone'), { name, code });
  for (const thrown of [error, afterAllTries(error)]) {
    expect(kafkaError(thrown, 'connecting')).toMatchObject({ name: 'UnreachableError', retryable: true });
  }
});

test('the client’s plain error about a broker that it has lost passes by itself', () => {
  expect(kafkaError(new Error('Broker not connected'), 'sending rows').name).toBe('UnreachableError');
});

test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'])(
  'a certificate is known by the code %s, whatever the text',
  (code) => {
    const error = Object.assign(new Error('no'), { name: 'KafkaJSConnectionError', code });
    expect(kafkaError(error, 'connecting').message).toBe('The broker is not trusted while connecting: no.');
  },
);

test.each([
  [
    'GROUP_AUTHORIZATION_FAILED',
    'kafka-cluster:DescribeGroup or AlterGroup on the group ada.emitter (as an ACL: Read)',
  ],
  [
    'TOPIC_AUTHORIZATION_FAILED',
    'kafka-cluster:DescribeTopic, ReadData or WriteData on a topic ada.pin or ada.geo (as an ACL: Read or Write)',
  ],
  [
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    'kafka-cluster:DescribeTransactionalId or AlterTransactionalId on the transactional id ada.txn (as an ACL: Write)',
  ],
])('%s names the permission with its resource', (type, missing) => {
  const about = { topics: ['ada.pin', 'ada.geo'], group: 'ada.emitter', transactionalId: 'ada.txn' };
  const { message } = kafkaError(protocolError(type, 30), 'connecting', about);
  expect(message).toContain(`(${type}, 30). Missing: ${missing}.`);
});

test('a transaction that is too long for the brokers names their setting and the value that is needed', () => {
  expect(kafkaError(protocolError('INVALID_TRANSACTION_TIMEOUT', 50), 'connecting').message).toMatch(
    /INVALID_TRANSACTION_TIMEOUT, 50.*transaction\.max\.timeout\.ms of the brokers to 120000 or more/,
  );
});

test('what is not known is not retried, and its message has Kafka’s own type and code', () => {
  const { message } = kafkaError(afterAllTries(protocolError('POLICY_VIOLATION', 44)), 'sending rows');
  expect(message).toContain('The broker said POLICY_VIOLATION (POLICY_VIOLATION, 44)');
});

test('what is no error, or its own cause, is unknown', () => {
  const circular = new Error('around');
  circular.cause = circular;
  expect(kafkaError('text', 'connecting')).toMatchObject({ name: 'UnknownError', retryable: false });
  expect(kafkaError(circular, 'connecting')).toMatchObject({ name: 'UnknownError', retryable: false });
  expect(protocolErrorType(circular)).toBeUndefined();
});
