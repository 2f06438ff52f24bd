import { createConnection } from 'mysql2/promise';
import { deadLetterTopicOf } from '../../../lambda/shared/streams';
import { testDatabase, testUserId, withAdmin } from '../../support/servers';

describe('the shared servers', () => {
  test('a test database can be written by its owner and only read by the emitter', async () => {
    const { owner, emitter } = await testDatabase();
    const asOwner = await createConnection({ ...owner });
    const asEmitter = await createConnection({ ...emitter });
    try {
      await asOwner.query('CREATE TABLE cats (name TEXT)');
      await asOwner.query("INSERT INTO cats VALUES ('Kasimir 🐈')");

      const [rows] = await asEmitter.query('SELECT * FROM cats');
      expect(rows).toEqual([{ name: 'Kasimir 🐈' }]);
      await expect(asEmitter.query("INSERT INTO cats VALUES ('Tom')")).rejects.toThrow(/denied/);
      await expect(asEmitter.query('SELECT * FROM mysql.global_priv')).rejects.toThrow(/denied/);
      const [databases] = await asEmitter.query('SHOW DATABASES');
      expect(databases).toEqual([{ Database: 'information_schema' }, { Database: owner.database }]);
    } finally {
      await Promise.all([asOwner.end(), asEmitter.end()]);
    }
  });

  test('a test user id has its four topics', async () => {
    const userId = await testUserId(2);

    const { topics } = await withAdmin((admin) =>
      admin.fetchTopicMetadata({ topics: [deadLetterTopicOf(userId)] }),
    );
    expect(topics[0]?.partitions).toHaveLength(2);
    const all = await withAdmin((admin) => admin.listTopics());
    expect(all.filter((topic) => topic.startsWith(userId)).sort()).toEqual(
      ['dead-letter', 'geo', 'pin', 'user'].map((name) => `${userId}.${name}`),
    );
  });
});
