import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCredentialsFile, readDatabaseLogin } from '../../../lambda/emitter/database-login';
import { AccessDeniedError, ConfigurationError } from '../../../lambda/emitter/errors';

const PASSWORD = 'correct horse battery staple';
const directory = mkdtempSync(path.join(tmpdir(), 'database-login-'));
const file = path.join(directory, 'db_creds.yaml');

afterAll(() => rmSync(directory, { recursive: true }));

const readFileWith = async (content: string) => {
  writeFileSync(file, content);
  return await readCredentialsFile(file);
};
const secretArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinterest';
const readSecretWith = async (content: string | undefined) =>
  await readDatabaseLogin({ secretArn }, async () => content);

/** The message of a refusal, which never holds the password. */
async function refusal(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => new Error('the login was not refused'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  for (const word of PASSWORD.split(' ')) expect(`${error.message} ${error.cause}`).not.toContain(word);
  return error.message;
}

describe('a credentials file', () => {
  const login = {
    host: 'db.example',
    port: 3306,
    user: 'me',
    password: PASSWORD,
    database: 'pinterest_data',
  };

  test.each([
    `HOST: db.example\nUSER: me\nPASSWORD: ${PASSWORD}\nDATABASE: pinterest_data\nPORT: 3306\n`,
    `host: db.example\nuser: me\npassword: ${PASSWORD}\ndatabase: pinterest_data\nport: '3306'\n`,
    `Host: db.example\nUser: me\nPassword: ${PASSWORD}\nDatabase: pinterest_data\nOther: 1\n`,
    `{"HOST":"db.example","USER":"me","PASSWORD":"${PASSWORD}","DATABASE":"pinterest_data"}`,
  ])('is read in upper and lower case, with and without the port: %j', async (content) => {
    expect(await readFileWith(content)).toEqual(login);
  });

  test('may have an empty password, as a server on this machine has', async () => {
    const { password } = await readFileWith('HOST: h\nUSER: root\nPASSWORD: ""\nDATABASE: d\n');
    expect(password).toBe('');
  });

  test('that is not there is named', async () => {
    const missing = path.join(directory, 'no_creds.yaml');
    expect(await refusal(readCredentialsFile(missing))).toBe(
      `The credentials file ${missing} cannot be read: ENOENT.`,
    );
  });

  test.each([
    [`USER: me\nPASSWORD: ${PASSWORD}\nDATABASE: d`, 'host is missing: allowed: text'],
    [`HOST: h\nPASSWORD: ${PASSWORD}\nDATABASE: d`, 'user is missing: allowed: text'],
    ['HOST: h\nUSER: me\nDATABASE: d', 'password is missing: allowed: text'],
    [`HOST: h\nUSER: me\nPASSWORD: ${PASSWORD}`, 'database is missing: allowed: text'],
    [`HOST: ""\nUSER: me\nPASSWORD: ${PASSWORD}\nDATABASE: d`, 'host is "": allowed: text that is not empty'],
    [`HOST: h\nUSER: 7\nPASSWORD: ${PASSWORD}\nDATABASE: d`, 'user is 7: allowed: text'],
    [`HOST: h\nUSER: u\nPASSWORD: [${PASSWORD}]\nDATABASE: d`, 'password is not shown: allowed: text'],
    [
      `HOST: h\nUSER: u\nPASSWORD: ${PASSWORD}\nDATABASE: d\nPORT: 65536`,
      'port is 65536: allowed: 1 to 65535',
    ],
    [
      `HOST: h\nUSER: u\nPASSWORD: ${PASSWORD}\nDATABASE: d\nPORT: none`,
      'port is "none": allowed: 1 to 65535',
    ],
  ])('with a wrong field is refused by file and field: %j', async (content, problem) => {
    expect(await refusal(readFileWith(content))).toBe(`The credentials file ${file} is wrong. ${problem}.`);
  });

  test('whose fields are inside of another one is refused without showing them', async () => {
    const nested = `DATABASE:\n  HOST: h\n  USER: u\n  PASSWORD: ${PASSWORD}\n`;
    expect(await refusal(readFileWith(nested))).toContain('database is not text: allowed: text');
  });

  test.each([
    '',
    '# nothing\n',
    `just text ${PASSWORD}`,
    `HOST: h\n  PASSWORD: ${PASSWORD}: x\n USER`,
    `PASSWORD: "${PASSWORD}`,
    // What begins with these means something else in YAML than the text that stands there.
    `HOST: h\nUSER: u\nDATABASE: d\nPASSWORD: !${PASSWORD}`,
    `HOST: h\nUSER: u\nDATABASE: d\nPASSWORD: *${PASSWORD}`,
  ])('that cannot be read as fields is refused, and not quoted: %j', async (content) => {
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation();
    expect(await refusal(readFileWith(content))).toBe(
      `The credentials file ${file} holds no fields: allowed: HOST, PORT, USER, PASSWORD and DATABASE, or those of an RDS secret.`,
    );
    expect(emitWarning).not.toHaveBeenCalled();
    emitWarning.mockRestore();
  });
});

describe('a secret', () => {
  const fields = {
    engine: 'mariadb',
    host: 'db.example',
    port: 3307,
    username: 'me',
    password: PASSWORD,
    dbname: 'pinterest_data',
  };

  test('is read as RDS writes it', async () => {
    expect(await readSecretWith(JSON.stringify(fields))).toEqual({
      host: 'db.example',
      port: 3307,
      user: 'me',
      password: PASSWORD,
      database: 'pinterest_data',
    });
  });

  test('is asked for by the id that the environment gives', async () => {
    const readSecret = jest.fn(async () => JSON.stringify(fields));
    await readDatabaseLogin({ secretArn }, readSecret);
    expect(readSecret).toHaveBeenCalledWith(secretArn);
  });

  test.each(['host', 'username', 'password', 'dbname'])('without %s is refused by its id', async (name) => {
    const content = JSON.stringify({ ...fields, [name]: undefined });
    expect(await refusal(readSecretWith(content))).toBe(
      `The secret ${secretArn} is wrong. ${name} is missing: allowed: text.`,
    );
  });

  test.each([undefined, '', `{"password":"${PASSWORD}"`, `"${PASSWORD}"`, 'null'])(
    'that holds no fields, %j, is refused and not quoted',
    async (content) => {
      expect(await refusal(readSecretWith(content))).toContain(`The secret ${secretArn} holds no fields`);
    },
  );

  test('that may not be read names the missing permission', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const reading = readDatabaseLogin({ secretArn }, async () => Promise.reject(denied));
    await expect(reading).rejects.toBeInstanceOf(AccessDeniedError);
    await expect(reading).rejects.toThrow(
      `The secret ${secretArn} may not be read by this role: secretsmanager:GetSecretValue is missing.`,
    );
  });

  test.each(['ResourceNotFoundException', 'DecryptionFailure', 'InvalidRequestException'])(
    'that cannot be read says why: %s',
    async (name) => {
      const failure = Object.assign(new Error('no'), { name });
      expect(await refusal(readDatabaseLogin({ secretArn }, async () => Promise.reject(failure)))).toBe(
        `The secret ${secretArn} cannot be read: ${name}.`,
      );
    },
  );

  test.each(['TimeoutError', 'NetworkingError', 'ThrottlingException', 'InternalServiceError'])(
    'that is out of reach for the moment may be tried again: %s',
    async (name) => {
      const failure = Object.assign(new Error('no'), { name });
      const reading = readDatabaseLogin({ secretArn }, async () => Promise.reject(failure));
      await expect(reading).rejects.toMatchObject({ name: 'UnreachableError', retryable: true });
      await expect(reading).rejects.toThrow(`The secret ${secretArn} is out of reach: ${name}.`);
    },
  );
});
