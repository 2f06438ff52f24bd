import { AccessDeniedError, EmitterError, FencedError, TopicError, UnreachableError } from '../errors';

/** The error that Kafka itself answered with, below the layers that the client wraps around it. */
export function protocolErrorType(error: unknown): string | undefined {
  return chain(error)
    .map(({ type }) => type)
    .find((type) => type !== undefined);
}

/** Turns an error of the client into one of the emitter's. */
export function kafkaError(error: unknown, doing: string): Error {
  const own = chain(error).find((link) => link instanceof EmitterError);
  if (own !== undefined) return own;
  const type = protocolErrorType(error);
  const causes = chain(error);
  const detail = causes.at(-1)?.message ?? String(error);
  const options = { cause: error };
  if (type === 'INVALID_PRODUCER_EPOCH') {
    return new FencedError(`A newer run has taken over while this one was ${doing}.`, options);
  }
  if (type?.endsWith('AUTHORIZATION_FAILED') === true) {
    const permission = PERMISSIONS[type] ?? type;
    return new AccessDeniedError(
      `Kafka denies access while ${doing}: ${detail} (${type}). Missing: ${permission}.`,
      options,
    );
  }
  if (causes.some(({ name }) => name === 'KafkaJSSASLAuthenticationError')) {
    return new AccessDeniedError(`Kafka refused the authentication while ${doing}: ${detail}.`, options);
  }
  const untrusted = causes.find(({ message }) => /certificate/i.test(message));
  if (untrusted !== undefined) {
    return new AccessDeniedError(`The broker is not trusted while ${doing}: ${untrusted.message}.`, options);
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new TopicError(
      `A topic takes no batch of 900,000 bytes while ${doing}: raise its max.message.bytes to Kafka's default of 1048588.`,
      options,
    );
  }
  return new UnreachableError(`Kafka failed while ${doing}: ${detail}.`, options);
}

/** What MSK calls the permissions that Kafka asks for, by what it answers when one of them is missing. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  CLUSTER_AUTHORIZATION_FAILED: 'kafka-cluster:Connect or WriteDataIdempotently on the cluster',
  GROUP_AUTHORIZATION_FAILED: 'kafka-cluster:DescribeGroup or AlterGroup on the group',
  TOPIC_AUTHORIZATION_FAILED: 'kafka-cluster:DescribeTopic, ReadData or WriteData on a topic',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'kafka-cluster:DescribeTransactionalId or AlterTransactionalId on the transactional id',
};

interface KafkaJsError {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly cause?: unknown;
}

function chain(error: unknown): KafkaJsError[] {
  const links: KafkaJsError[] = [];
  for (let link = error; link instanceof Error && !links.includes(link); link = link.cause) links.push(link);
  return links;
}
