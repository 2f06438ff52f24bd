import { once } from 'node:events';
import { escapeId } from 'mysql2';
import { readCredentialsFile } from '../../lambda/shared/database-login';
import { connectToDatabase } from '../../lambda/shared/mysql/mysql-connection';
import { STREAMS } from '../../lambda/shared/streams';

/** Reads the three tables concurrently, in the order of their keys as the emitter does, and drops every row. */
async function readAll(credentialsFile: string): Promise<number> {
  const login = await readCredentialsFile(credentialsFile);
  const counts = await Promise.all(
    STREAMS.map(async ({ table, keyColumn }) => {
      const connection = await connectToDatabase(login, 'off');
      let rows = 0;
      const key = escapeId(keyColumn);
      const index = escapeId(`ix_${table}_${keyColumn}`);
      const query = connection.query(
        `SELECT * FROM ${escapeId(table)} FORCE INDEX (${index}) WHERE ${key} >= 0 ORDER BY ${key}`,
      );
      query.on('result', () => {
        rows += 1;
      });
      await once(query, 'end');
      connection.destroy();
      return rows;
    }),
  );
  return counts.reduce((sum, rows) => sum + rows, 0);
}

void readAll(process.argv[2] ?? '').then((rows) => process.stdout.write(String(rows)));
