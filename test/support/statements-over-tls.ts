import { createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../../lambda/shared/database-login';

/** Runs statements on a server that may take connections over TLS only, whatever its certificate is. */
export async function statementsOverTls(
  { host, port, user, password }: DatabaseLogin,
  ...statements: readonly string[]
): Promise<void> {
  const connection = await createConnection({
    host,
    port,
    user,
    password,
    ssl: { rejectUnauthorized: false },
  });
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
