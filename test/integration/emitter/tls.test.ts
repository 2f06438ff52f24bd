import { execFile } from 'node:child_process';
import path from 'node:path';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import type { PipelineError } from '../../../lambda/shared/errors';
import { connectToDatabase } from '../../../lambda/shared/mysql/mysql-connection';
import { rowsOf } from '../../../lambda/shared/mysql/rows-of';
import { topicsOf } from '../../../lambda/shared/streams';
import { type DatabaseTls, databaseTlsSchema } from '../../../lambda/shared/trusted-certificates';
import { writeCredentialsFile } from '../../../scripts/local/database-logins';
import { serverFiles } from '../../../scripts/local/downloads';
import { type LocalMariaDb, startMariaDb } from '../../../scripts/local/mariadb';
import { silentProgress } from '../../../scripts/terminal/progress';
import { CertificateAuthority } from '../../support/certificates';
import { SMALL_TABLES } from '../../support/pipeline';
import { testDirectory, testServers, uniqueName, withAdmin } from '../../support/servers';
import { statementsOverTls } from '../../support/statements-over-tls';

const directory = testDirectory();
const authority = new CertificateAuthority(path.join(directory, 'authority'));
const stranger = new CertificateAuthority(path.join(directory, 'stranger'));
let database: LocalMariaDb;

/** Gives the server another certificate, for these hosts. */
async function certify(...hosts: readonly string[]): Promise<void> {
  authority.issue('server', ...hosts);
  await sql('FLUSH SSL');
}

const sql = (...statements: readonly string[]): Promise<void> =>
  statementsOverTls(database.admin, ...statements);

beforeAll(async () => {
  const { certificate, key } = authority.issue('server', 'IP:127.0.0.1', 'DNS:localhost');
  const { mariaDbBase: base } = await serverFiles(silentProgress);
  const settings = { 'ssl-cert': certificate, 'ssl-key': key };
  database = await startMariaDb({ base, directory: path.join(directory, 'mariadb'), settings });
  await sql(
    'SET GLOBAL require_secure_transport = ON',
    `USE ${database.owner.database}`,
    ...SMALL_TABLES,
    "INSERT INTO user_data VALUES (1, 'Ada'), (2, 'Grace')",
  );
});

afterEach(() => certify('IP:127.0.0.1', 'DNS:localhost'));
afterAll(() => database.stop());

const trusting = (file: string): DatabaseTls => databaseTlsSchema.parse(file);

const login = (): DatabaseLogin => ({ ...database.emitter, host: '127.0.0.1' });

/** The cipher of a connection. */
async function cipherOf(to: DatabaseLogin, tls: DatabaseTls): Promise<string> {
  const connection = await connectToDatabase(to, tls);
  try {
    const [[, cipher] = []] = await rowsOf(connection, { sql: "SHOW STATUS LIKE 'Ssl_cipher'" });
    return String(cipher);
  } finally {
    connection.destroy();
  }
}

const refusal = async (to: DatabaseLogin, tls: DatabaseTls): Promise<PipelineError> =>
  await cipherOf(to, tls).then(
    () => {
      throw new Error('It was not refused.');
    },
    (error: PipelineError) => {
      expect(error).toMatchObject({ name: 'ConfigurationError', retryable: false });
      return error;
    },
  );

describe('a server that takes connections over TLS only', () => {
  test.each(['127.0.0.1', 'localhost'])(
    'is reached as %s with the certificate of its authority',
    async (host) => {
      expect(await cipherOf({ ...login(), host }, trusting(authority.file))).toMatch(/^TLS/);
    },
  );

  test('says so to a client without TLS, and which option turns it on', async () => {
    expect((await refusal(login(), 'off')).message).toMatch(
      /accepts connections over TLS only, and TLS is off\. Turn it on \(--tls, or DATABASE_TLS\): "rds" .* PEM file/,
    );
  });

  test.each([
    ['Amazon’s certificates', () => 'rds' as const],
    ['those of another authority', () => trusting(stranger.file)],
  ])('is not trusted with %s, and the message says which would do', async (_, tls) => {
    expect((await refusal(login(), tls())).message).toMatch(
      /cannot be trusted: [a-z -]+\. Amazon's certificates are "rds"; .* --tls \(or DATABASE_TLS\) a PEM file/,
    );
  });

  test.each([
    ['127.0.0.1', ['DNS:localhost', 'IP:127.0.0.2'], 'DNS:localhost, IP Address:127.0.0.2'],
    ['localhost', ['DNS:db.example', 'IP:127.0.0.1'], 'DNS:db.example, IP Address:127.0.0.1'],
  ])('is not trusted as %s when its certificate is for %j', async (host, hosts, names) => {
    await certify(...hosts);

    expect((await refusal({ ...login(), host }, trusting(authority.file))).message).toContain(
      `cannot be trusted: its certificate is for ${names}. Give one of these as the host.`,
    );
  });
});

test('a server without TLS says so to a client that asks for it', async () => {
  const { mariaDbBase: base } = await serverFiles(silentProgress);
  const plain = await startMariaDb({
    base,
    directory: path.join(directory, 'plain'),
    settings: { ssl: 'OFF' },
  });
  try {
    for (const tls of ['rds', trusting(authority.file)] as const) {
      expect((await refusal(plain.emitter, tls)).message).toContain(
        'has no TLS: Server does not support secure connection. Turn it on there; or, where the network can be trusted, give --tls (or DATABASE_TLS) "off".',
      );
    }
  } finally {
    await plain.stop();
  }
});

describe('a command with --creds', () => {
  const userId = uniqueName();
  const creds = path.join(directory, 'db_creds.yaml');
  const servers = () => ['--brokers', testServers().bootstrapServers.join(','), '--user-id', userId];

  beforeAll(() => writeCredentialsFile(creds, login()));
  afterAll(() => withAdmin((admin) => admin.deleteTopics({ topics: topicsOf(userId) })));

  const run = (script: string, ...args: readonly string[]) =>
    new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
      const file = path.join(__dirname, '../../../scripts', `${script}.ts`);
      execFile(
        process.execPath,
        ['--import', 'tsx', file, '--creds', creds, ...args],
        (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }),
      );
    });

  test('copies, compares and saves over TLS', async () => {
    const tls = ['--tls', path.relative('', authority.file)];

    const started = await run('start', ...tls, ...servers(), '--create-topics', '--json');
    expect(started).toMatchObject({ status: 0 });
    expect(JSON.parse(started.stdout)).toMatchObject({ rows: 2, verification: { equal: true } });
    expect(await run('verify', ...tls, ...servers())).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Equal'),
    });
    expect(await run('save-tables', ...tls, '--out', path.join(directory, 'tables'))).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('2 of 2 rows'),
    });
  });

  test.each(['start', 'verify', 'save-tables'])('%s without --tls names the option', async (script) => {
    const { status, stderr } = await run(script, ...(script === 'save-tables' ? [] : servers()));

    expect(status).toBe(2);
    expect(stderr).toContain(
      'accepts connections over TLS only, and TLS is off. Turn it on (--tls, or DATABASE_TLS)',
    );
  });
});
