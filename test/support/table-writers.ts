import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { DatabaseLogin } from '../../lambda/shared/database-login';
import { STREAMS, type Stream } from '../../lambda/shared/streams';

/** A text column of each table, which writers change. */
export const TEXT_COLUMNS: Readonly<Record<Stream['name'], string>> = {
  pin: 'title',
  geo: 'country',
  user: 'first_name',
};

/** Connections that change the tables all the time. */
export interface TableWriters {
  /** Statements so far. */
  readonly statements: number;
  /** Stops them after their current transactions; rejects with the error of one that failed. */
  stop(): Promise<void>;
}

/**
 * Starts writers that insert, update and delete rows of the three tables, change their keys, and roll some of it back, in
 * transactions of one to six statements, until they are stopped.
 *
 * @param keys upper bound of the keys that they change; rows with larger keys are added, too
 * @param pauseMs pause of each writer between two transactions
 * @param random a number from 0 to below its argument
 */
export async function startWriters(
  login: DatabaseLogin,
  {
    keys,
    writers = 3,
    pauseMs = 3,
    random,
  }: { keys: number; writers?: number; pauseMs?: number; random: (below: number) => number },
): Promise<TableWriters> {
  const state = { isStopped: false, statements: 0, top: keys };
  const { host, port, user, password, database } = login;
  const connections = await Promise.all(
    Array.from({ length: writers }, () => createConnection({ host, port, user, password, database })),
  );
  const write = async (connection: Connection): Promise<void> => {
    while (!state.isStopped) {
      try {
        await connection.beginTransaction();
        for (let left = 1 + random(6); left > 0; left--) {
          await connection.query(change());
          state.statements += 1;
        }
        await (random(6) === 0 ? connection.rollback() : connection.commit());
        await delay(pauseMs);
      } catch (error) {
        // Another writer holds the rows.
        if (!/Deadlock|Lock wait|Record has changed/.test(String(error))) throw error;
        await connection.rollback();
      }
    }
  };
  const change = (): string => {
    const stream = STREAMS[random(STREAMS.length)] as Stream;
    const [table, column, text] = [
      stream.table,
      `\`${stream.keyColumn}\``,
      `\`${TEXT_COLUMNS[stream.name]}\``,
    ];
    const key = random(keys);
    const value = `'text ${random(1e6)} é😀'`;
    const statements = [
      () => `INSERT INTO ${table} (${column}, ${text}) VALUES (${key}, ${value})`,
      () => `INSERT INTO ${table} (${column}, ${text}) VALUES (${++state.top}, ${value}), (${key}, ${value})`,
      () => `UPDATE ${table} SET ${text} = ${value} WHERE ${column} = ${key}`,
      () => `UPDATE ${table} SET ${text} = ${value} WHERE ${column} BETWEEN ${key} AND ${key + 5}`,
      () => `UPDATE ${table} SET ${column} = ${random(keys)} WHERE ${column} = ${key} LIMIT 1`,
      () => `DELETE FROM ${table} WHERE ${column} = ${key}`,
      () => `DELETE FROM ${table} WHERE ${column} = ${key} LIMIT 1`,
    ];
    return (statements[random(statements.length)] as () => string)();
  };
  const writing = Promise.all(connections.map(write));
  writing.catch(() => {});
  return {
    get statements() {
      return state.statements;
    },
    stop: async () => {
      state.isStopped = true;
      try {
        await writing;
      } finally {
        for (const connection of connections) connection.destroy();
      }
    },
  };
}
