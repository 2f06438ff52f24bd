import type { Connection } from 'mysql2';
import { rowsOf } from '../../../lambda/shared/mysql/rows-of';
import { endSnapshot } from '../../../lambda/shared/mysql/session';
import { FOLLOWED, type FollowedDatabase, followedServer, type Since } from '../../support/followed-database';

let database: FollowedDatabase;

beforeAll(async () => {
  database = await followedServer();
});

const ROUNDS = 100;
const KEYS = 400;

const below = (end: number): number => Math.floor(Math.random() * end);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** SQL that changes some rows; keys are repeated, and there is no primary key. */
function change(): string {
  const [key, value] = [below(KEYS), below(1e9)];
  const statements = [
    `INSERT INTO pinterest_data VALUES ('b', REPEAT('é', ${below(100)}), ${key}, ${value})`,
    `INSERT INTO pinterest_data VALUES ('b', NULL, ${key}, ${value}), (NULL, 'x', ${below(KEYS)}, ${value})`,
    `DELETE FROM pinterest_data WHERE \`index\` = ${key} LIMIT 1`,
    `DELETE FROM pinterest_data WHERE \`index\` = ${key}`,
    `UPDATE pinterest_data SET v = ${value}, \`index\` = ${below(KEYS)} WHERE \`index\` = ${key} LIMIT 1`,
    `UPDATE pinterest_data SET v = v + 1 WHERE \`index\` BETWEEN ${key} AND ${key + 3}`,
  ];
  return statements[below(statements.length)] ?? '';
}

/** Begins and ends a transaction of one of the kinds that there are. */
const TRANSACTIONS: readonly ((xid: string) => { readonly begin: string[]; readonly end: string[] })[] = [
  () => ({ begin: [], end: [] }),
  () => ({ begin: ['BEGIN'], end: ['COMMIT'] }),
  () => ({ begin: ['BEGIN'], end: ['ROLLBACK'] }),
  (xid) => ({ begin: [`XA START ${xid}`], end: [`XA END ${xid}`, `XA PREPARE ${xid}`, `XA COMMIT ${xid}`] }),
  (xid) => ({
    begin: [`XA START ${xid}`],
    end: [`XA END ${xid}`, `XA PREPARE ${xid}`, `XA ROLLBACK ${xid}`],
  }),
];

/** Writes until it is told to stop. Returns how many transactions it has ended. */
async function write(connection: Connection, name: string, stop: AbortSignal): Promise<number> {
  let transactions = 0;
  while (!stop.aborted) {
    const xid = `'${name}-${transactions++}'`;
    const { begin, end } = TRANSACTIONS[below(TRANSACTIONS.length)]?.(xid) ?? { begin: [], end: [] };
    const changes = Array.from({ length: begin.length === 0 ? 1 : 1 + below(4) }, change);
    try {
      for (const sql of [...begin, ...changes, ...end]) {
        if (sql.startsWith('XA COMMIT')) await pause(below(20));
        await rowsOf(connection, { sql });
      }
    } catch {
      // A deadlock, which only rolls back.
      for (const sql of [`XA END ${xid}`, `XA ROLLBACK ${xid}`, 'ROLLBACK'])
        await rowsOf(connection, { sql }).catch(() => {});
    }
  }
  return transactions;
}

/** The values of each key in the snapshot that is open. */
async function content(): Promise<Map<string, string>> {
  const rows = await rowsOf(database.snapshot, {
    sql: 'SELECT `index`, v FROM pinterest_data ORDER BY `index`, v',
  });
  const values = new Map<string, string>();
  for (const [key, value] of rows) values.set(String(key), `${values.get(String(key)) ?? ''}${value},`);
  return values;
}

test(`under writers, what the changed keys have in each of ${ROUNDS} snapshots is all that has changed`, async () => {
  await database.sql(
    "CREATE TABLE pinterest_data (e ENUM('a', 'b'), s VARCHAR(300), `index` INT, v INT, KEY (`index`))",
  );
  let since: Since = await database.now();
  const stop = new AbortController();
  const connections = await Promise.all(Array.from({ length: 5 }, () => database.connect()));
  const writers = connections.map((connection, at) => write(connection, `w${at}`, stop.signal));
  const model = new Map<string, string>();
  const wrong: string[] = [];
  let changed = 0;

  for (let round = 1; round <= ROUNDS; round++) {
    await pause(below(50));
    if (round % 20 === 0) await database.sql('FLUSH BINARY LOGS');
    await database.open();
    const { keys, ...reached } = await database.log.changedKeys({
      stream: FOLLOWED,
      since: since.gtid,
      origin: since.origin,
      from: 0n,
      to: 1_000_000n,
      enough: new AbortController().signal,
    });
    const truth = await content();
    await endSnapshot(database.snapshot);
    for (const key of keys) model.delete(String(key));
    for (const key of keys) if (truth.has(String(key))) model.set(String(key), truth.get(String(key)) ?? '');
    const differs = [...new Set([...truth.keys(), ...model.keys()])].filter(
      (key) => truth.get(key) !== model.get(key),
    );
    if (differs.length > 0) wrong.push(`round ${round}: keys ${differs.join(' ')}`);
    changed += keys.length;
    since = reached;
  }
  stop.abort();
  const transactions = await Promise.all(writers);

  expect(wrong).toEqual([]);
  expect(changed).toBeGreaterThan(ROUNDS);
  expect(Math.min(...transactions)).toBeGreaterThan(ROUNDS / 10);
});
