import { parseEnvironment } from '../../../lambda/shared/environment';
import { ConfigurationError } from '../../../lambda/shared/errors';

const complete = {
  USER_ID: '12a34b56c789',
  KAFKA_BROKERS: 'b-1.example:9098,b-2.example:9098',
  DATABASE_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinterest',
};

/** What the refusal of variables says. */
function refusal(variables: Record<string, string | undefined>): string {
  try {
    parseEnvironment({ ...complete, ...variables });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('the environment was not refused');
}

test('on AWS the user, the brokers and the secret are all that must be said', () => {
  expect(parseEnvironment(complete)).toEqual({
    userId: '12a34b56c789',
    kafka: {
      brokers: ['b-1.example:9098', 'b-2.example:9098'],
      authentication: 'iam',
      compression: 'zstd',
      region: 'us-east-1',
    },
    database: { login: { secretArn: complete.DATABASE_SECRET_ARN }, tls: 'rds' },
    limit: undefined,
    shards: 1,
    changes: 'follow',
  });
});

test('everything can be said', () => {
  expect(
    parseEnvironment({
      USER_ID: 'me',
      KAFKA_BROKERS: '127.0.0.1:9092',
      KAFKA_AUTHENTICATION: 'none',
      COMPRESSION: 'gzip',
      DATABASE_CREDENTIALS_FILE: 'db_creds.yaml',
      DATABASE_TLS: 'rds',
      EMIT_LIMIT: '500',
      SHARDS: '4',
      CHANGES: 'copy',
      AWS_REGION: 'eu-west-1',
    }),
  ).toEqual({
    userId: 'me',
    kafka: { brokers: ['127.0.0.1:9092'], authentication: 'none', compression: 'gzip', region: 'eu-west-1' },
    database: { login: { credentialsFile: 'db_creds.yaml' }, tls: 'rds' },
    limit: 500,
    shards: 4,
    changes: 'copy',
  });
});

test('a broker may have an IPv6 address', () => {
  const list = '[::1]:9092,[fe80::1%eth0]:65535,b-1.example:1,127.0.0.1:9092';
  expect(parseEnvironment({ ...complete, KAFKA_BROKERS: list }).kafka.brokers).toEqual(list.split(','));
});

test('a credentials file means a server on this machine, without TLS', () => {
  const { database } = parseEnvironment({
    ...complete,
    DATABASE_SECRET_ARN: undefined,
    DATABASE_CREDENTIALS_FILE: 'db_creds.yaml',
  });
  expect(database.tls).toBe('off');
});

test('variables of others are nobody’s business', () => {
  expect(() => parseEnvironment({ ...complete, PATH: '/bin' })).not.toThrow();
});

const userIdAllowed = 'allowed: 1 to 32 letters, digits, "_" and "-", the first a letter or a digit';
const brokersAllowed =
  'allowed: host:port with a port from 1 to 65535, several of them separated by commas, without spaces; an IPv6 address in brackets';
const tlsAllowed = 'allowed: off, rds, or a file with the certificates to trust (PEM)';
const sourceAllowed = 'allowed: exactly one of DATABASE_SECRET_ARN and DATABASE_CREDENTIALS_FILE';

test.each([
  [{ USER_ID: undefined }, `USER_ID is not set: ${userIdAllowed}`],
  [{ USER_ID: '' }, `USER_ID is "": ${userIdAllowed}`],
  [{ USER_ID: 'a.b' }, `USER_ID is "a.b": ${userIdAllowed}`],
  [{ USER_ID: '-a' }, `USER_ID is "-a": ${userIdAllowed}`],
  [{ USER_ID: 'a'.repeat(33) }, `USER_ID is "${'a'.repeat(33)}": ${userIdAllowed}`],
  [{ KAFKA_BROKERS: undefined }, `KAFKA_BROKERS is not set: ${brokersAllowed}`],
  [{ KAFKA_BROKERS: '' }, `KAFKA_BROKERS is "": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'kafka' }, `KAFKA_BROKERS is "kafka": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:0' }, `KAFKA_BROKERS is "a:0": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:65536' }, `KAFKA_BROKERS is "a:65536": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:09092' }, `KAFKA_BROKERS is "a:09092": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:1,' }, `KAFKA_BROKERS is "a:1,": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:1, b:2' }, `KAFKA_BROKERS is "a:1, b:2": ${brokersAllowed}`],
  ...['::1:9092', '[::1]', '[::1]:', '[::1]:0', '[1]:1', '[]:1', '[::1', '::1', '[a.b]:1', 'a[::1]:1'].map(
    (KAFKA_BROKERS): [{ KAFKA_BROKERS: string }, string] => [
      { KAFKA_BROKERS },
      `KAFKA_BROKERS is "${KAFKA_BROKERS}": ${brokersAllowed}`,
    ],
  ),
  [{ KAFKA_BROKERS: 'a:0' }, `KAFKA_BROKERS is "a:0": ${brokersAllowed}`],
  [{ KAFKA_BROKERS: 'a:1,b:65536' }, `KAFKA_BROKERS is "a:1,b:65536": ${brokersAllowed}`],
  [{ KAFKA_AUTHENTICATION: 'scram' }, 'KAFKA_AUTHENTICATION is "scram": allowed: iam, none'],
  [{ COMPRESSION: 'lz4' }, 'COMPRESSION is "lz4": allowed: none, gzip, zstd'],
  [{ DATABASE_SECRET_ARN: undefined }, `DATABASE_SECRET_ARN is not set: ${sourceAllowed}`],
  [{ DATABASE_SECRET_ARN: '' }, 'DATABASE_SECRET_ARN is "": allowed: non-empty text'],
  [
    { DATABASE_CREDENTIALS_FILE: 'db_creds.yaml' },
    `DATABASE_SECRET_ARN is "${complete.DATABASE_SECRET_ARN}": ${sourceAllowed}`,
  ],
  [
    { DATABASE_SECRET_ARN: undefined, DATABASE_CREDENTIALS_FILE: '' },
    'DATABASE_CREDENTIALS_FILE is "": allowed: non-empty text',
  ],
  [{ DATABASE_TLS: 'yes' }, `DATABASE_TLS is "yes": that file cannot be read (ENOENT); ${tlsAllowed}`],
  [{ DATABASE_TLS: '' }, `DATABASE_TLS is "": that file cannot be read (ENOENT); ${tlsAllowed}`],
  [
    { DATABASE_TLS: __dirname },
    `DATABASE_TLS is "${__dirname}": that file cannot be read (EISDIR); ${tlsAllowed}`,
  ],
  [
    { DATABASE_TLS: __filename },
    `DATABASE_TLS is "${__filename}": that file holds no certificate; ${tlsAllowed}`,
  ],
  [{ EMIT_LIMIT: 'many' }, 'EMIT_LIMIT is "many": allowed: a whole number from 1 on'],
  [{ EMIT_LIMIT: '0' }, 'EMIT_LIMIT is "0": allowed: a whole number from 1 on'],
  [{ EMIT_LIMIT: '1.5' }, 'EMIT_LIMIT is "1.5": allowed: a whole number from 1 on'],
  [{ EMIT_LIMIT: '' }, 'EMIT_LIMIT is "": allowed: a whole number from 1 on'],
  [{ CHANGES: 'never' }, 'CHANGES is "never": allowed: follow, copy'],
  ...['0', '9', '1.5', '', 'two'].map((SHARDS): [{ SHARDS: string }, string] => [
    { SHARDS },
    `SHARDS is "${SHARDS}": allowed: a whole number from 1 to 8`,
  ]),
  [{ AWS_REGION: '' }, 'AWS_REGION is "": allowed: non-empty text'],
])('%j is refused with variable, value and what is allowed', (variables, problem) => {
  expect(refusal(variables)).toContain(`The emitter's environment is wrong. ${problem}`);
});

test('every wrong variable is named at once', () => {
  expect(refusal({ USER_ID: undefined, KAFKA_BROKERS: 'kafka' })).toMatch(/USER_ID is .*KAFKA_BROKERS is /);
});
