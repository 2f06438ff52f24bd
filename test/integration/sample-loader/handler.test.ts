import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { handler } from '../../../lambda/sample-loader/handler';
import type { DatabaseLogin } from '../../../lambda/shared/database-login';
import { STREAMS } from '../../../lambda/shared/streams';
import { testDatabase, testServers, uniqueName } from '../../support/servers';

const secretsManager = mockClient(SecretsManagerClient);
let owner: DatabaseLogin;
let reader: DatabaseLogin;

beforeEach(async () => {
  const { database } = (await testDatabase()).owner;
  owner = { ...testServers().admin, database };
  reader = { ...owner, user: uniqueName(), password: uniqueName() };
  secretsManager.reset();
  hold('owner', owner);
  hold('reader', reader);
  Object.assign(process.env, { OWNER_SECRET_ARN: 'owner', READER_SECRET_ARN: 'reader', DATABASE_TLS: 'off' });
});

afterEach(async () => {
  await inDatabase(owner, `DROP USER IF EXISTS '${reader.user}'@'%'`);
});

describe('the resource "sample tables"', () => {
  test('is three tables with as many rows as asked for, and an account that may read them', async () => {
    await handler(create({ rows: '300' }));

    expect(await rowsOf(reader)).toEqual([300, 300, 300]);
    await expect(inDatabase(reader, 'DELETE FROM user_data')).rejects.toThrow(/denied/);
  });

  test('may be created again: nothing is there twice', async () => {
    await handler(create({ rows: '300' }));
    const first = await inDatabase(owner, 'CHECKSUM TABLE pinterest_data, geolocation_data, user_data');

    await handler(create({ rows: '300' }));
    expect(await inDatabase(owner, 'CHECKSUM TABLE pinterest_data, geolocation_data, user_data')).toEqual(
      first,
    );
  });

  test('is made anew when another number of rows is asked for', async () => {
    await handler(create({ rows: '300' }));

    await handler(update({ rows: '40' }, { rows: '300' }));
    expect(await rowsOf(owner)).toEqual([40, 40, 40]);
  });

  test('keeps its rows, and takes the new password, when anything else changes', async () => {
    await handler(create({ rows: '300' }));
    await inDatabase(owner, 'DELETE FROM user_data LIMIT 1');
    reader = { ...reader, password: uniqueName() };
    hold('reader', reader);

    await handler(update({ rows: '300' }, { rows: '300' }));
    expect(await rowsOf(reader)).toEqual([300, 300, 299]);
  });

  test('leaves the tables to their database when it is removed, and asks for no login', async () => {
    await handler(create({ rows: '10' }));
    secretsManager.reset();

    await handler({ ...event({ rows: '10' }), RequestType: 'Delete', PhysicalResourceId: 'tables' });
    expect(await rowsOf(owner)).toEqual([10, 10, 10]);
  });

  test('can be as large as the configuration allows, within the memory of the function', async () => {
    const before = process.memoryUsage().rss;
    await handler(create({ rows: '100000' }));

    expect(await rowsOf(owner)).toEqual([100_000, 100_000, 100_000]);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
  });
});

describe('a deployment fails with a reason and without a password', () => {
  test.each([
    ['the number of rows is no number', { rows: 'many' }, () => {}, /the number of rows/],
    [
      'a variable is missing',
      { rows: '1' },
      () => delete process.env['READER_SECRET_ARN'],
      /READER_SECRET_ARN/,
    ],
    [
      'the role may not read a secret',
      { rows: '1' },
      () => {
        const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
        secretsManager.on(GetSecretValueCommand, { SecretId: 'owner' }).rejects(denied);
      },
      /secret owner may not be read/,
    ],
    [
      'a secret is not a login',
      { rows: '1' },
      () => hold('reader', { ...reader, host: '' }),
      /secret reader is wrong. host is ""/,
    ],
    [
      'the database refuses the login',
      { rows: '1' },
      () => hold('owner', { ...owner, password: 'wrong' }),
      /Access denied for user/,
    ],
    [
      'the server is not one of Amazon’s, for the login would go to it',
      { rows: '1' },
      () => delete process.env['DATABASE_TLS'],
      /self-signed certificate|unable to verify the first certificate/,
    ],
  ])('when %s', async (_, properties, spoil, reason) => {
    spoil();

    const error = await handler(create(properties)).catch((thrown: Error) => thrown);
    expect((error as Error).message).toMatch(reason);
    expect((error as Error).message).not.toContain(owner.password);
    expect((error as Error).message).not.toContain(reader.password);
  });
});

/** Lets Secrets Manager hold a login, as RDS writes it. */
function hold(secretArn: string, { host, port, user, password, database }: DatabaseLogin): void {
  const SecretString = JSON.stringify({ host, port, username: user, password, dbname: database });
  secretsManager.on(GetSecretValueCommand, { SecretId: secretArn }).resolves({ SecretString });
}

const event = (properties: Record<string, string>) => ({
  ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:provider',
  ResponseURL: 'https://example.com/',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'Tables',
  ResourceType: 'Custom::SampleTables',
  ResourceProperties: { ServiceToken: 'provider', ...properties },
});

const create = (properties: Record<string, string>): CloudFormationCustomResourceEvent => ({
  ...event(properties),
  RequestType: 'Create',
});

const update = (
  properties: Record<string, string>,
  old: Record<string, string>,
): CloudFormationCustomResourceEvent => ({
  ...event(properties),
  RequestType: 'Update',
  PhysicalResourceId: 'tables',
  OldResourceProperties: { ServiceToken: 'older provider', ...old },
});

async function inDatabase(login: DatabaseLogin, statement: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ ...login });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

/** The number of rows in each table. */
const rowsOf = (login: DatabaseLogin): Promise<number[]> =>
  Promise.all(
    STREAMS.map(async ({ table }) => {
      const [row] = await inDatabase(login, `SELECT COUNT(*) AS number FROM ${table}`);
      return row?.['number'] as number;
    }),
  );
