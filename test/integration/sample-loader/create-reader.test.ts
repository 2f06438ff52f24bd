import { type ConnectionOptions, createConnection as connect } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { createReader } from '../../../lambda/sample-loader/create-reader';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { testDatabase, testServers, uniqueName } from '../../support/servers';

/** The server of the tests signs its certificate itself. */
const ssl = { rejectUnauthorized: false };

/** Creates the reader as an administrator who connects with these options. */
async function create(reader: DatabaseLogin, options: ConnectionOptions = {}): Promise<void> {
  const { host, port, user, password } = testServers().admin;
  const connection = connect({ host, port, user, password, ...options });
  try {
    await createReader(connection, reader, options.ssl !== undefined);
  } finally {
    connection.destroy();
  }
}

describe('the reader of the sample tables', () => {
  test('may read them and the log over TLS, and do nothing else; a second time brings the new password', async () => {
    const { owner } = await testDatabase();
    const reader = { ...owner, user: uniqueName(), password: 'first' };
    const table = await createConnection(owner);
    await table.query('CREATE TABLE posts (id INT)');
    await table.end();

    await create(reader, { ssl });
    await create({ ...reader, password: 'second' }, { ssl });

    const connection = await createConnection({ ...reader, password: 'second', ssl });
    await expect(connection.query('SELECT * FROM posts')).resolves.toBeDefined();
    await expect(connection.query('DELETE FROM posts')).rejects.toThrow(/DELETE command denied/);
    const [grants] = await connection.query({ sql: 'SHOW GRANTS', rowsAsArray: true });
    expect((grants as [string][]).map(([grant]) => grant.replace(/ TO .*/, ''))).toEqual([
      'GRANT REPLICATION SLAVE ON *.*',
      expect.stringMatching(/^GRANT SELECT ON `[^`]*`\.\*$/),
    ]);
    await connection.end();
    await expect(createConnection({ ...reader, ssl })).rejects.toThrow(/Access denied/);
    await expect(createConnection({ ...reader, password: 'second' })).rejects.toThrow(/Access denied/);
  });

  test('needs no TLS where the administrator has none', async () => {
    const { owner } = await testDatabase();
    const reader = { ...owner, user: uniqueName() };

    await create(reader);

    const connection = await createConnection(reader);
    await expect(connection.query('CREATE TABLE posts (id INT)')).rejects.toThrow(/CREATE command denied/);
    await connection.end();
  });
});
