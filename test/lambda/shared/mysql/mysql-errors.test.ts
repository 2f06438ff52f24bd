import { TableError } from '../../../../lambda/shared/errors';
import { databaseError } from '../../../../lambda/shared/mysql/mysql-errors';

const driverError = (properties: object): Error => Object.assign(new Error('it is said'), properties);

test.each([
  [1045, 'ER_ACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  [1044, 'ER_DBACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  [1142, 'ER_TABLEACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  [1143, 'ER_COLUMNACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  [1130, 'ER_HOST_NOT_PRIVILEGED', 'AccessDeniedError', false],
  [1129, 'ER_HOST_IS_BLOCKED', 'AccessDeniedError', false],
  [1146, 'ER_NO_SUCH_TABLE', 'TableError', false],
  [1054, 'ER_BAD_FIELD_ERROR', 'TableError', false],
  [1049, 'ER_BAD_DB_ERROR', 'ConfigurationError', false],
  [1040, 'ER_CON_COUNT_ERROR', 'UnreachableError', true],
  [1317, 'ER_QUERY_INTERRUPTED', 'UnreachableError', true],
  [1205, 'ER_LOCK_WAIT_TIMEOUT', 'UnreachableError', true],
  [1053, 'ER_SERVER_SHUTDOWN', 'UnreachableError', true],
  [3118, 'ER_ACCOUNT_HAS_BEEN_LOCKED', 'AccessDeniedError', false],
  [1820, 'ER_MUST_CHANGE_PASSWORD', 'AccessDeniedError', false],
  [1193, 'ER_UNKNOWN_SYSTEM_VARIABLE', 'SessionError', false],
  [1226, 'ER_USER_LIMIT_REACHED', 'UnreachableError', true],
  [1412, 'ER_TABLE_DEF_CHANGED', 'UnreachableError', true],
  [1969, '', 'UnreachableError', true],
  [3024, 'ER_QUERY_TIMEOUT', 'UnreachableError', true],
  [4031, '', 'UnreachableError', true],
  [9999, 'ER_FROM_THE_FUTURE', 'UnknownError', false],
] as const)('error %i (%s) of the server is a %s that names the database', (errno, code, name, retryable) => {
  const cause = driverError({ errno, code, sqlState: 'HY000' });
  const error = databaseError(cause, 'db.example:3306/pinterest_data');
  expect(error).toMatchObject({ name, retryable, cause });
  expect(error.message).toContain('db.example:3306/pinterest_data');
  expect(error.message).toContain('it is said');
});

test.each([
  ['HANDSHAKE_NO_SSL_SUPPORT', 'ConfigurationError', false],
  ['HANDSHAKE_SSL_ERROR', 'ConfigurationError', false],
  ['ECONNREFUSED', 'UnreachableError', true],
  ['ENOTFOUND', 'UnreachableError', true],
  ['ETIMEDOUT', 'UnreachableError', true],
  ['PROTOCOL_CONNECTION_LOST', 'UnreachableError', true],
])('%s of the network or the driver is a %s that names the database', (code, name, retryable) => {
  const cause = driverError({ code });
  const error = databaseError(cause, 'db.example:3306/pinterest_data');
  expect(error).toMatchObject({ name, retryable, cause });
  expect(error.message).toContain('db.example:3306/pinterest_data');
  expect(error.message).toContain('it is said');
});

test('the number decides, whatever the driver calls it', () => {
  expect(databaseError(driverError({ errno: 1045, code: 'ER_QUERY_INTERRUPTED' }), 'db')).toMatchObject({
    name: 'AccessDeniedError',
  });
});

test('an error that nobody has foreseen has the code and the number of the server, and is not retried', () => {
  const error = databaseError(driverError({ errno: 9999, code: 'ER_FROM_THE_FUTURE' }), 'db');
  expect(error).toMatchObject({ name: 'UnknownError', retryable: false });
  expect(error.message).toContain('(ER_FROM_THE_FUTURE, 9999)');
});

test('a connection that was killed or is broken is out of reach, although the driver has no name for it', () => {
  expect(databaseError(driverError({ errno: 1927 }), 'db')).toMatchObject({ name: 'UnreachableError' });
  expect(databaseError(driverError({ fatal: true }), 'db')).toMatchObject({ name: 'UnreachableError' });
});

test('a sentence of the driver gets no second full stop', () => {
  const error = driverError({ code: 'PROTOCOL_CONNECTION_LOST', message: 'The connection was closed.' });
  expect(databaseError(error, 'db').message).toBe(
    'The database db is out of reach: The connection was closed.',
  );
});

test('an error of the emitter stays what it is', () => {
  const error = new TableError('missing');
  expect(databaseError(error, 'db')).toBe(error);
});

test('a damaged table is named, and retrying cannot help', () => {
  const cause = driverError({ code: 'ER_CRASHED_ON_USAGE', errno: 1194, sqlState: 'HY000' });
  const error = databaseError(cause, 'db.example:3306/pinterest_data', 'user_data');
  expect(error).toMatchObject({ name: 'TableError', retryable: false, cause });
  expect(error.message).toBe(
    'The database db.example:3306/pinterest_data, table user_data, says: it is said.',
  );
});

test('what is no answer of the server, such as a mistake of the emitter, stays what it is', () => {
  const error = driverError({ code: 'ERR_INVALID_ARG_TYPE' });
  expect(databaseError(error, 'db')).toBe(error);
});
