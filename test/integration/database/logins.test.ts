import path from 'node:path';
import { databaseTlsSchema } from '../../../lambda/shared/trusted-certificates';
import type { DatabaseLogins } from '../../../scripts/local/database-logins';
import { saveTables } from '../../../scripts/save-tables';
import { CertificateAuthority } from '../../support/certificates';
import { startDatabaseServer } from '../../support/database-server';
import { SMALL_TABLES, type TestPipeline, testPipeline } from '../../support/pipeline';
import { runCommand } from '../../support/run-command';
import { testDatabase, testDirectory, testServers } from '../../support/servers';
import { statementsOverTls } from '../../support/statements-over-tls';

const { flavor } = testServers();

const directory = testDirectory();
const authority = new CertificateAuthority(path.join(directory, 'authority'));
let server: Awaited<ReturnType<typeof startDatabaseServer>>;
let logins: DatabaseLogins;

beforeAll(async () => {
  const { certificate, key } = authority.issue('server', 'IP:127.0.0.1', 'DNS:localhost');
  server = await startDatabaseServer({ 'ssl-ca': authority.file, 'ssl-cert': certificate, 'ssl-key': key });
  logins = await testDatabase(server.admin);
  await asAdmin(
    `USE \`${logins.owner.database}\``,
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (1, 'Ada')",
  );
});

afterAll(() => server.stop());

const asAdmin = (...statements: readonly string[]): Promise<void> =>
  statementsOverTls(server.admin, ...statements);

const save = (pipeline: TestPipeline, ...argv: readonly string[]) =>
  runCommand(
    saveTables,
    ...['--creds', pipeline.variables['DATABASE_CREDENTIALS_FILE'] as string],
    ...['--out', testDirectory(), ...argv],
  );

const oneRow = { emitted: { pin: 0, geo: 0, user: 1 }, caughtUp: true };

/** The ways in which each server asks for a password, as a user is created with them. */
const PLUGINS =
  flavor === 'mysql'
    ? [["caching_sha2_password BY 'secret'"], ["sha256_password BY 'secret'"]]
    : [["mysql_native_password USING PASSWORD('secret')"]];

describe('a password that the server asks for in its own way', () => {
  test.each(PLUGINS)('%s works without TLS and with it', async (plugin) => {
    const user = `u${Date.now()}`;
    const way = flavor === 'mysql' ? `WITH ${plugin}` : `VIA ${plugin}`;
    await asAdmin(
      `CREATE USER '${user}'@'%' IDENTIFIED ${way}`,
      `GRANT SELECT ON \`${logins.owner.database}\`.* TO '${user}'@'%'`,
    );
    for (const tls of ['off', authority.file]) {
      const pipeline = await testPipeline(1, undefined, logins);
      pipeline.changeLogin({ user, password: 'secret' });
      const emitter = pipeline.newEmitter({ DATABASE_TLS: tls });

      expect(await emitter.handle({}, 120_000)).toMatchObject(oneRow);
      expect(await pipeline.verify(undefined, databaseTlsSchema.parse(tls))).toMatchObject({ equal: true });
      expect(await save(pipeline, '--tls', tls)).toMatchObject({ status: 0 });
    }
  });

  test('over TLS only, is refused without it by name', async () => {
    const pipeline = await testPipeline(1, undefined, logins);
    await asAdmin('SET GLOBAL require_secure_transport = ON');
    try {
      await expect(pipeline.emit()).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining('accepts connections over TLS only'),
      });
      expect(await pipeline.newEmitter({ DATABASE_TLS: authority.file }).handle({}, 120_000)).toMatchObject(
        oneRow,
      );
    } finally {
      await asAdmin('SET GLOBAL require_secure_transport = OFF');
    }
  });

  test('that has expired is refused by name', async () => {
    const pipeline = await testPipeline(1, undefined, logins);
    await asAdmin(`ALTER USER '${logins.emitter.user}'@'127.0.0.1' PASSWORD EXPIRE`);
    try {
      await expect(pipeline.emit()).rejects.toMatchObject({
        name: 'AccessDeniedError',
        message: expect.stringMatching(/denies access: .*(password|PASSWORD)/),
      });
    } finally {
      await asAdmin(
        `ALTER USER '${logins.emitter.user}'@'127.0.0.1' IDENTIFIED BY '${logins.emitter.password}'`,
      );
    }
  });
});

test('a login that may not read one of the tables is refused with its name', async () => {
  await asAdmin(
    "CREATE USER partial@'%' IDENTIFIED BY 'secret'",
    ...['pinterest_data', 'geolocation_data'].map(
      (table) => `GRANT SELECT ON \`${logins.owner.database}\`.${table} TO partial@'%'`,
    ),
  );
  const pipeline = await testPipeline(1, undefined, logins);
  pipeline.changeLogin({ user: 'partial', password: 'secret' });
  const denied = {
    name: 'AccessDeniedError',
    message: expect.stringMatching(/denies access: SELECT command denied .*user_data/),
  };

  await expect(pipeline.emit()).rejects.toMatchObject(denied);

  const { status, stderr } = await save(pipeline);
  expect(status).toBe(2);
  expect(stderr).toMatch(/denies access: SELECT command denied .*user_data/);
  expect(stderr).not.toMatch(/^ {4}at /m);
});

test('a server that can hash no row is refused by the comparison with what to set', async () => {
  const pipeline = await testPipeline(1, undefined, logins);
  await pipeline.emit();
  await asAdmin('SET GLOBAL max_allowed_packet = 1048576');
  try {
    await expect(pipeline.verify()).rejects.toMatchObject({
      name: 'SessionError',
      message: expect.stringMatching(/max_allowed_packet of .* is 1048576: .* SET GLOBAL max_allowed_packet/),
    });
  } finally {
    await asAdmin('SET GLOBAL max_allowed_packet = 67108864');
  }
});
