import {
  AccessDeniedError,
  ConfigurationError,
  FencedError,
  PipelineError,
  TopicError,
  UnknownError,
  UnreachableError,
} from '../errors';
import { NETWORK_CODES } from '../network-codes';

/** Transaction timeout, in milliseconds: the broker aborts one that stays open longer, since it holds back consumers in read_committed. */
export const TRANSACTION_TIMEOUT_MS = 120_000;

/** Resources of a request, named when it is denied. */
export interface KafkaResources {
  readonly topics?: readonly string[];
  readonly group?: string;
  readonly transactionalId?: string;
}

/** The error that Kafka itself answered with, below the layers that the client wraps around it. */
export function protocolErrorType(error: unknown): string | undefined {
  return chain(error)
    .map(({ type }) => type)
    .find((type) => type !== undefined);
}

/** Turns an error of the client into one of the emitter's. */
export function kafkaError(error: unknown, doing: string, about: KafkaResources = {}): Error {
  const causes = chain(error);
  const own = causes.find((link) => link instanceof PipelineError);
  if (own !== undefined) return own;
  const { type, code } = causes.find((link) => link.type !== undefined) ?? {};
  const detail = causes.at(-1)?.message ?? String(error);
  const options = { cause: error };
  if (type === 'INVALID_PRODUCER_EPOCH') {
    return new FencedError(`A newer run has taken over while this one was ${doing}.`, options);
  }
  const denied = DENIALS[type ?? ''];
  if (denied !== undefined) {
    return new AccessDeniedError(
      `Kafka denies access while ${doing}: ${detail} (${type}, ${code}). Missing: ${denied(about)}.`,
      options,
    );
  }
  if (
    type === 'SASL_AUTHENTICATION_FAILED' ||
    causes.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')
  ) {
    return new AccessDeniedError(`Kafka refused the authentication while ${doing}: ${detail}.`, options);
  }
  const untrusted = causes.find((link) => UNTRUSTED.has(`${link.code}`));
  if (untrusted !== undefined) {
    return new AccessDeniedError(`The broker is not trusted while ${doing}: ${untrusted.message}.`, options);
  }
  const other = OTHER_AUTHENTICATIONS[type ?? ''];
  if (other !== undefined) {
    return new ConfigurationError(
      `The brokers do not take a login of IAM at this port while ${doing}: it ${other} (${type}, ${code}). Give the port of their listener for IAM (9098 on Amazon MSK).`,
      options,
    );
  }
  if (type === 'INVALID_TRANSACTION_TIMEOUT') {
    return new ConfigurationError(
      `Kafka does not allow a transaction of ${TRANSACTION_TIMEOUT_MS / 1_000} s while ${doing} (${type}, ${code}): set transaction.max.timeout.ms of the brokers to ${TRANSACTION_TIMEOUT_MS} or more (Kafka's default is 900000).`,
      options,
    );
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new TopicError(
      `A topic does not accept a batch of 900,000 bytes while ${doing} (${type}, ${code}): raise its max.message.bytes to Kafka's default of 1048588.`,
      options,
    );
  }
  if (type === undefined ? causes.some(passesByItself) : PASSING_TYPES.has(type)) {
    return new UnreachableError(`Kafka failed while ${doing}: ${detail}.`, options);
  }
  const what = type === undefined ? (causes.at(-1)?.name ?? typeof error) : `${type}, ${code}`;
  return new UnknownError(
    `Kafka failed while ${doing}, with an error that the emitter does not know: ${detail} (${what}).`,
    options,
  );
}

/** Names of the missing permission in MSK and in Kafka's ACLs, by Kafka's error. */
const DENIALS: Readonly<Record<string, (about: KafkaResources) => string>> = {
  CLUSTER_AUTHORIZATION_FAILED: () =>
    'kafka-cluster:Connect or WriteDataIdempotently on the cluster (as an ACL: IdempotentWrite)',
  GROUP_AUTHORIZATION_FAILED: ({ group }) =>
    `kafka-cluster:DescribeGroup or AlterGroup on the group${named(group)} (as an ACL: Read)`,
  TOPIC_AUTHORIZATION_FAILED: ({ topics = [] }) =>
    `kafka-cluster:DescribeTopic, ReadData or WriteData on ${topics.length === 1 ? 'the' : 'a'} topic${named(topics.join(' or '))} (as an ACL: Read or Write)`,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ({ transactionalId }) =>
    `kafka-cluster:DescribeTransactionalId or AlterTransactionalId on the transactional id${named(transactionalId)} (as an ACL: Write)`,
};

/** The answers of a listener that is not for IAM. */
const OTHER_AUTHENTICATIONS: Readonly<Record<string, string>> = {
  ILLEGAL_SASL_STATE: 'has TLS without a login',
  UNSUPPORTED_SASL_MECHANISM: 'asks for a login of another kind',
};

const named = (name: string | undefined): string => (name === undefined || name === '' ? '' : ` ${name}`);

/**
 * Transient errors: Kafka recovers by itself, or a new producer or consumer does not meet them again.
 * https://kafka.apache.org/protocol#protocol_error_codes
 */
const PASSING_TYPES: ReadonlySet<string> = new Set([
  // Brokers, leaders and replicas that come and go.
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'STALE_CONTROLLER_EPOCH',
  'NETWORK_EXCEPTION',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'KAFKA_STORAGE_ERROR',
  'REASSIGNMENT_IN_PROGRESS',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'STALE_BROKER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  // Coordinators that move.
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'TRANSACTION_COORDINATOR_FENCED',
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
  // A producer whose state is lost, or whose transaction has been ended for it.
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
  // A consumer that has to join its group again, or to begin another session.
  'OFFSET_OUT_OF_RANGE',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'MEMBER_ID_REQUIRED',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
]);

/** The client's own errors about connections and about what it does not know of the cluster at the moment. */
const PASSING_NAMES: ReadonlySet<string> = new Set([
  // The base class: a partition without a leader, a producer that has lost its connection.
  'KafkaJSError',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSStaleTopicMetadataAssignment',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  // It reads properties of a broker that went away, or of an answer that did not come (`removeBroker`, `fetchTopicOffsets`).
  'TypeError',
]);

/** Node's errors about connections. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  ...NETWORK_CODES,
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

/** The one plain error of the client that faults bring about: it has nothing but a text (kafkajs 2.2.4, `src/broker/index.js`). */
const NOT_CONNECTED = 'Broker not connected';

const passesByItself = ({ name, code, message }: KafkaJsError): boolean =>
  PASSING_NAMES.has(name) || PASSING_CODES.has(`${code}`) || message === NOT_CONNECTED;

/** Node's errors about certificates. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

interface KafkaJsError {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly code?: number | string;
  readonly cause?: unknown;
}

function chain(error: unknown): KafkaJsError[] {
  const links: KafkaJsError[] = [];
  for (let link = error; link instanceof Error && !links.includes(link); link = link.cause) links.push(link);
  return links;
}
