import { TableError } from '../../../../lambda/emitter/errors';
import { databaseError } from '../../../../lambda/emitter/mysql/mysql-errors';

const driverError = (properties: object): Error => Object.assign(new Error('it is said'), properties);

test.each([
  ['ER_ACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  ['ER_DBACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  ['ER_TABLEACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  ['ER_COLUMNACCESS_DENIED_ERROR', 'AccessDeniedError', false],
  ['ER_HOST_NOT_PRIVILEGED', 'AccessDeniedError', false],
  ['ER_HOST_IS_BLOCKED', 'AccessDeniedError', false],
  ['ER_NO_SUCH_TABLE', 'TableError', false],
  ['ER_BAD_FIELD_ERROR', 'TableError', false],
  ['ER_BAD_DB_ERROR', 'ConfigurationError', false],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'ConfigurationError', false],
  ['HANDSHAKE_SSL_ERROR', 'ConfigurationError', false],
  ['ECONNREFUSED', 'UnreachableError', true],
  ['ENOTFOUND', 'UnreachableError', true],
  ['ETIMEDOUT', 'UnreachableError', true],
  ['PROTOCOL_CONNECTION_LOST', 'UnreachableError', true],
  ['ER_CON_COUNT_ERROR', 'UnreachableError', true],
  ['ER_QUERY_INTERRUPTED', 'UnreachableError', true],
  ['ER_LOCK_WAIT_TIMEOUT', 'UnreachableError', true],
  ['ER_SERVER_SHUTDOWN', 'UnreachableError', true],
])('%s is a %s that names the database', (code, name, retryable) => {
  const cause = driverError({ code });
  const error = databaseError(cause, 'db.example:3306/pinterest_data');
  expect(error).toMatchObject({ name, retryable, cause });
  expect(error.message).toContain('db.example:3306/pinterest_data');
  expect(error.message).toContain('it is said');
});

test('a connection that was killed or is broken is out of reach, although the driver has no name for it', () => {
  expect(databaseError(driverError({ errno: 1927 }), 'db')).toMatchObject({ name: 'UnreachableError' });
  expect(databaseError(driverError({ fatal: true }), 'db')).toMatchObject({ name: 'UnreachableError' });
});

test('an error of the emitter stays what it is', () => {
  const error = new TableError('missing');
  expect(databaseError(error, 'db')).toBe(error);
});

test('whatever else the server answers names the database and the table, and no later try of the run can help', () => {
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
