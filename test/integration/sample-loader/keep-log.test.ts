import { createConnection as connect } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { keepLog, LOG_RETENTION_HOURS } from '../../../lambda/sample-loader/keep-log';
import { testServers } from '../../support/servers';

/** Runs it as the administrator of the test server. */
async function keep(): Promise<boolean> {
  const { host, port, user, password } = testServers().admin;
  const connection = connect({ host, port, user, password });
  try {
    return await keepLog(connection);
  } finally {
    connection.destroy();
  }
}

describe('the retention of the binary log', () => {
  test('is left alone on a server that is not RDS', async () => {
    await expect(keep()).resolves.toBe(false);
  });

  test('is a week on RDS, by its procedure', async () => {
    const { host, port, user, password } = testServers().admin;
    const administrator = await createConnection({ host, port, user, password });
    await administrator.query('CREATE TABLE mysql.rds_configuration (name VARCHAR(60), value INT)');
    await administrator.query(
      'CREATE PROCEDURE mysql.rds_set_configuration(name VARCHAR(60), value INT) INSERT INTO mysql.rds_configuration VALUES (name, value)',
    );
    try {
      await expect(keep()).resolves.toBe(true);

      const [rows] = await administrator.query('SELECT name, value FROM mysql.rds_configuration');
      expect(rows).toEqual([{ name: 'binlog retention hours', value: LOG_RETENTION_HOURS }]);
    } finally {
      await administrator.query('DROP PROCEDURE mysql.rds_set_configuration');
      await administrator.query('DROP TABLE mysql.rds_configuration');
      await administrator.end();
    }
  });
});
