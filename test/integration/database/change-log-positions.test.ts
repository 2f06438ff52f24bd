import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { endSnapshot } from '../../../lambda/shared/mysql/session';
import {
  FOLLOWED,
  type FollowedDatabase,
  followedDatabase,
  followedServer,
  isMysql,
} from '../../support/followed-database';
import { sequence } from '../../support/pipeline';

let database: FollowedDatabase;

beforeAll(async () => {
  database = await followedServer();
});

beforeEach(async () => {
  await database.sql(
    'DROP TABLE IF EXISTS pinterest_data',
    'CREATE TABLE pinterest_data (`index` INT PRIMARY KEY, v INT)',
    'INSERT INTO pinterest_data VALUES (1, 1), (2, 2), (3, 3)',
  );
});

/** SQL that begins the log anew, with the same names and numbers. */
const resetLog = (): string => (isMysql() ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER');

const change = (key: number): string => `UPDATE pinterest_data SET v = v + 1 WHERE \`index\` = ${key}`;

/** A file is known by its second, and a log that was begun anew in the same one has the same files. */
const nextSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_100));

/** Purges the log up to a file, once nobody reads those before it any more. */
async function purgeTo(file = ''): Promise<void> {
  do await database.sql(`PURGE BINARY LOGS TO '${file}'`);
  while ((await database.files())[0] !== file);
}

const lost = (reason: RegExp) => ({ name: 'LogLostError', message: expect.stringMatching(reason) });

test('over rotations, and from the end of a file', async () => {
  const since = await database.now();
  await database.sql(change(1), 'FLUSH BINARY LOGS', change(2), 'FLUSH BINARY LOGS', 'FLUSH BINARY LOGS');
  const later = await database.now();
  await database.sql(change(3));

  expect((await database.changes(since)).keys).toEqual(BigUint64Array.of(1n, 2n, 3n));
  expect((await database.changes(later)).keys).toEqual(BigUint64Array.of(3n));
  const idle = await database.changes(await database.now());
  expect(idle).toMatchObject({ keys: new BigUint64Array(), behind: { seconds: 0 } });
});

test('a log that is purged past the position is lost, and one that is purged up to it is not', async () => {
  const since = await database.now();
  await database.sql(change(1), 'FLUSH BINARY LOGS');
  const later = await database.now();
  await database.sql(change(2), 'FLUSH BINARY LOGS');
  if (!isMysql()) await database.sql('SET GLOBAL slave_connections_needed_for_purge = 0');
  const files = await database.files();
  await purgeTo(files.at(-2));

  await expect(database.changes(since)).rejects.toMatchObject(lost(/purged/));
  expect((await database.changes(later)).keys).toEqual(BigUint64Array.of(2n));
  await purgeTo(files.at(-1));
  expect((await database.changes({ ...(await database.now()), origin: later.origin })).keys).toEqual(
    new BigUint64Array(),
  );
});

test('a log that was begun anew is lost, also where it counts to the same position again', async () => {
  await database.sql(resetLog(), change(1), change(2));
  const since = await database.now();
  await nextSecond();
  await database.sql(resetLog(), change(3));
  await expect(database.changes(since)).rejects.toMatchObject(lost(/./));

  await database.sql(change(3));
  expect((await database.now()).gtid).toBe(since.gtid);
  await expect(database.changes(since)).rejects.toMatchObject(lost(/begun anew/));

  await database.sql(change(1), 'FLUSH BINARY LOGS', change(2));
  await expect(database.changes(since)).rejects.toMatchObject(lost(/begun anew/));
});

test('a log that was begun anew and has not as many files yet is lost', async () => {
  await database.sql(resetLog(), change(1), 'FLUSH BINARY LOGS', 'FLUSH BINARY LOGS');
  const since = await database.now();
  await nextSecond();
  await database.sql(resetLog(), change(3), change(3));

  await expect(database.changes(since)).rejects.toMatchObject(lost(/begun anew/));
});

test('what another server gave its own numbers to is lost', async () => {
  const since = await database.now();
  const other = isMysql() ? since.gtid.replace(/^.{8}/, '00000000') : since.gtid.replace(/-\d+-/, '-999-');

  await database.sql(change(1));
  await expect(database.changes({ ...since, gtid: other })).rejects.toMatchObject(lost(/./));
});

test('the origin is that of the last file, and may be younger than the position', async () => {
  const since = await database.now();
  await database.sql(change(1), 'FLUSH BINARY LOGS', change(2));
  const { origin } = await database.now();

  expect(origin).not.toBe(since.origin);
  expect(await database.changes({ gtid: since.gtid, origin })).toMatchObject({
    origin,
    keys: BigUint64Array.of(1n, 2n),
  });
});

test('reading that was enough ends behind a transaction, and goes on from there', async () => {
  const since = await database.now();
  await database.sql(
    `INSERT INTO pinterest_data SELECT seq, 1 FROM ${sequence(100, 40_099)}`,
    change(1),
    change(2),
  );

  const first = await database.changes(since, { enough: AbortSignal.abort() });
  expect(first).toMatchObject({ gtid: since.gtid, keys: new BigUint64Array() });
  const some = new AbortController();
  const reading = database.changes(since, { enough: some.signal });
  setTimeout(() => some.abort(), 20);
  const { keys, gtid } = await reading;
  const rest = await database.changes({ ...since, gtid });
  expect(new Set([...keys, ...rest.keys]).size).toBe(40_002);
});

test('an XA transaction is found when it is committed, wherever it was prepared', async () => {
  const other = await database.connect();
  const since = await database.now();
  const xa = async (...statements: string[]): Promise<void> => {
    for (const sql of statements) await new Promise((resolve) => other.query(sql, resolve));
  };
  await xa("XA START 'a', 'b'", change(3), "XA END 'a', 'b'", "XA PREPARE 'a', 'b'");
  await database.sql(change(1), 'FLUSH BINARY LOGS', change(2));
  const behindIt = await database.now();
  const prepared = await database.changes(since);
  expect(prepared.gtid).not.toBe(behindIt.gtid);

  await xa("XA COMMIT 'a', 'b'");

  expect((await database.changes(prepared)).keys).toContain(3n);
  expect((await database.changes(behindIt)).keys).toContain(3n);
  const all = await database.changes(since);
  expect(all.gtid).toBe((await database.now()).gtid);
});

test('three readings at the same time do not end each other', async () => {
  const since = await database.now();
  await database.sql(`INSERT INTO pinterest_data SELECT seq, 1 FROM ${sequence(100, 30_099)}`);
  await database.open();
  const request = {
    stream: FOLLOWED,
    since: since.gtid,
    origin: since.origin,
    from: 0n,
    to: 1_000_000n,
    enough: new AbortController().signal,
  };

  const readings = await Promise.all(Array.from({ length: 6 }, () => database.log.changedKeys(request)));

  expect(readings.map(({ keys }) => keys.length)).toEqual(Array(6).fill(30_000));
  await endSnapshot(database.snapshot);
});

test('a login that may not read the log is refused with the grant', async () => {
  const since = await database.now();
  await database.sql(`REVOKE REPLICATION SLAVE ON *.* FROM '${database.login.user}'@'127.0.0.1'`);

  expect(await database.open()).toHaveProperty('point');
  const refused = {
    name: 'LogRefusedError',
    message: expect.stringContaining('GRANT REPLICATION SLAVE ON *.*'),
  };
  await expect(database.log.originOf(FOLLOWED)).rejects.toMatchObject(refused);
  await expect(database.changes(since)).rejects.toMatchObject(refused);
  await database.sql(`GRANT REPLICATION SLAVE ON *.* TO '${database.login.user}'@'127.0.0.1'`);
});

describe('a connection that', () => {
  /** A reading of many rows, in the middle of which something happens to the connection. */
  async function readingUntil(
    happens: (near: Socket, log: FollowedDatabase['log']) => void,
  ): Promise<unknown> {
    let isOn = false;
    const proxy = createServer((near) => {
      const far = connect(database.admin.port, '127.0.0.1');
      let bytes = 0;
      far.on('data', (data) => {
        bytes += data.length;
        if (bytes < 1_000_000 || !isOn) near.write(data);
        else if (bytes - data.length < 1_000_000) happens(near, behind.log);
      });
      near.pipe(far);
      near.on('error', () => {});
      far.on('error', () => {});
      near.on('close', () => far.destroy());
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const behind = await followedDatabase(database.admin, { port, readTimeoutMs: 500 });
    await behind.sql('CREATE TABLE pinterest_data (`index` INT, v INT)');
    const since = await behind.now();
    await behind.sql(`INSERT INTO pinterest_data SELECT seq, 1 FROM ${sequence(1, 300_000)}`);

    isOn = true;
    const outcome = await behind.changes(since).catch((error: unknown) => error);
    isOn = false;
    expect((await behind.changes(since)).keys.length).toBe(300_000);
    proxy.close();
    return outcome;
  }

  const unreachable = (message: RegExp) => ({
    name: 'UnreachableError',
    retryable: true,
    message: expect.stringMatching(message),
  });

  test('is cut in the middle is an error that may be tried again', async () => {
    expect(await readingUntil((near) => near.destroy())).toMatchObject(unreachable(/out of reach/));
  });

  test('says nothing any more is given up', async () => {
    expect(await readingUntil(() => {})).toMatchObject(unreachable(/sent nothing of its log for 0.5 s/));
  });

  test('is closed on this side is cancelled', async () => {
    expect(await readingUntil((_, log) => void log.close())).toMatchObject(unreachable(/cancelled/));
  });
});
