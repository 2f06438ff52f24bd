import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { readCredentialsFile, readDatabaseLogin } from '../../../lambda/shared/database-login';
import { AccessDeniedError, ConfigurationError } from '../../../lambda/shared/errors';
import { writeCredentialsFile } from '../../../scripts/local/database-logins';

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
    [`HOST: ""\nUSER: me\nPASSWORD: ${PASSWORD}\nDATABASE: d`, 'host is "": allowed: non-empty text'],
    [`HOST: h\nUSER: u\nPASSWORD:\n- ${PASSWORD}\nDATABASE: d`, 'password is not shown: allowed: text'],
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

  test.each(['', '# nothing\n', `just text ${PASSWORD}`])(
    'that cannot be read as fields is refused, and not quoted: %j',
    async (content) => {
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation();
      expect(await refusal(readFileWith(content))).toBe(
        `The credentials file ${file} holds no fields: allowed: HOST, PORT, USER, PASSWORD and DATABASE, or those of an RDS secret.`,
      );
      expect(emitWarning).not.toHaveBeenCalled();
      emitWarning.mockRestore();
    },
  );

  const [word = ''] = PASSWORD.split(' ');

  test.each([
    [`@${word}%`, 'some characters in it have a meaning'],
    [`%${word}`, 'some characters in it have a meaning'],
    [`\`${word}`, 'some characters in it have a meaning'],
    [`- ${word}`, 'some characters in it have a meaning'],
    [`? ${word}`, 'some characters in it have a meaning'],
    [`> ${word}`, 'some characters in it have a meaning'],
    [`a: ${word}`, 'some characters in it have a meaning'],
    [`${word}:`, 'some characters in it have a meaning'],
    [`"${word}`, 'some characters in it have a meaning'],
    [`'${word}`, 'some characters in it have a meaning'],
    [`"${word}"${word}`, 'some characters in it have a meaning'],
    [`"${word}\\q"`, 'some characters in it have a meaning'],
    [`{${word}`, 'some characters in it have a meaning'],
    [`{${word}}`, 'a { or [ at its beginning stands for a list'],
    [`[${word}]`, 'a { or [ at its beginning stands for a list'],
    [`*${word}`, 'a * at its beginning stands for a reference'],
    [`&${word}`, 'a & at its beginning stands for a name'],
    [`&a ${word}`, 'a & at its beginning stands for a name'],
    [`!${word}`, 'a ! at its beginning stands for a type'],
    [`!a ${word}`, 'a ! at its beginning stands for a type'],
    ['!!str 12', 'a ! at its beginning stands for a type'],
    ['', 'there is nothing, or a # that begins a comment'],
    [`#${word}`, 'there is nothing, or a # that begins a comment'],
    ['12 #45', 'a # after a space begins a comment'],
    [`${word} #${word}`, 'a # after a space begins a comment'],
    [`${word}  `, 'spaces at its end would be lost'],
    [`${word}\t`, 'spaces at its end would be lost'],
    [`"${word}\\new"`, 'after a backslash another character would be read'],
    [`${word}\n  ${word}`, 'it is longer than a line'],
    [`"${word}\n  ${word}"`, 'it is longer than a line'],
    [`|\n  ${word}`, 'it is longer than a line'],
    ...['12345', '0123', '0x1F', '0o17', '017', '1e5', '1_000', '.5', '-1', '.inf', '12:30:45', '2026-11-25']
      .concat(['yes', 'No', 'on', 'OFF', 'true', 'False', 'null', 'NULL', '~', '---'])
      .map((value) => [value, 'it can be read as a number, a date, yes, no or nothing']),
  ])('with the password %j says on which line to quote it, and how', async (value, why) => {
    const content = `# The database\nHOST: h\nUSER: u\nPASSWORD: ${value}\nDATABASE: "d"\n`;
    for (const text of [content, content.replaceAll('\n', '\r\n')]) {
      expect(await refusal(readFileWith(text))).toBe(
        `The credentials file ${file} is wrong. Line 4: put the value of PASSWORD in quotes, PASSWORD: "…" with a backslash before each " and \\ in it: ${why}${why.startsWith('some') ? ' of their own in YAML' : ''}.`,
      );
    }
  });

  test.each(['HOST', 'USER', 'DATABASE'])('is as strict with %s', async (name) => {
    const content = `HOST: h\nUSER: u\nPASSWORD: p\nDATABASE: d\n`.replace(
      new RegExp(`${name}: .`),
      `${name}: 012`,
    );
    expect(await refusal(readFileWith(content))).toContain(
      `put the value of ${name} in quotes, ${name}: "…"`,
    );
  });

  test.each([
    ['a b', 'a b'],
    ['a#b', 'a#b'],
    ['a:b@c%d&e*f!g|h>i', 'a:b@c%d&e*f!g|h>i'],
    [`it's "so", {a} [b] \\n`, `it's "so", {a} [b] \\n`],
    ['   aligned', 'aligned'],
    ['ü三😀', 'ü三😀'],
    ['"12 #45"', '12 #45'],
    ['"0123" # a comment', '0123'],
    [`'{a} it''s \\n'`, String.raw`{a} it's \n`],
    [String.raw`"a \" and a \\ and \u00fc"`, String.raw`a " and a \ and ü`],
    ['" spaces "', ' spaces '],
    ['""', ''],
  ])('with the password %j is read as it stands there', async (value, password) => {
    const content = `HOST: h\nUSER: u\nPASSWORD: ${value}\nDATABASE: d\n`;
    for (const text of [content, content.replaceAll('\n', '\r\n'), `\ufeff${content}`, `---\n${content}`]) {
      expect(await readFileWith(text)).toMatchObject({ host: 'h', password, database: 'd' });
    }
  });

  test('gives back every password that is written into it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (password) => {
        const login = { host: 'h', port: 1, user: 'u', password, database: 'd' };
        writeCredentialsFile(file, login);
        const read = await readCredentialsFile(file).catch((error: Error) => error.message);
        // A control character is refused; nothing is ever changed.
        if (/\p{Cc}/u.test(password)) expect([login, expect.any(String)]).toContainEqual(read);
        else expect(read).toEqual(login);
      }),
    );
  });

  test('never takes something else for the password that stands there without quotes', async () => {
    const awkward = fc.string({ unit: fc.constantFrom(...`ab01e.-_:#&*!|>@%{}[],?'"\\ ~=<+`), minLength: 1 });
    await fc.assert(
      fc.asyncProperty(awkward, async (value) => {
        writeFileSync(file, `HOST: h\nUSER: u\nPASSWORD: ${value}\nDATABASE: d\n`);
        const read = await readCredentialsFile(file).then(
          ({ password }) => password,
          (error: Error) => error,
        );
        if (read instanceof Error) return expect(read).toBeInstanceOf(ConfigurationError);
        const quoted = /^ *(?:"(.*)"|'(.*)')\s*(?: #.*)?$/.exec(value);
        const meant = quoted
          ? (quoted[1]?.replaceAll(/\\(["\\])/g, '$1') ?? quoted[2]?.replaceAll("''", "'"))
          : value.trimStart();
        expect(read).toBe(meant);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [Buffer.from('HOST: h\nUSER: u\nPASSWORD: m\xfcller\nDATABASE: d\n', 'latin1'), 'Line 3 is not UTF-8'],
    [Buffer.from('\ufeffHOST: h\n', 'utf16le'), 'Line 1 is not UTF-8'],
    [Buffer.from('HOST: h\nHOST: i\n'), 'HOST appears twice, on lines 1 and 2'],
    [Buffer.from('A: h\nA: i\nUSER: @u\n'), 'Line 3: put the value of USER in quotes'],
    [Buffer.from('HOST: h\nhost: i\n'), 'host appears twice, on lines 1 and 2'],
    [Buffer.from('HOST: h\n---\nUSER: u\n'), 'Line 2: a second document begins there'],
    [Buffer.from('HOST: h\nUSER:u\nDATABASE: d\n'), 'Line 2: put a space after "USER:"'],
    [
      Buffer.from('HOST: h\n\tUSER: u\n'),
      'Line 2: begin every field in the same column, USER, too, and without a tab',
    ],
    [
      Buffer.from('\tHOST: h\n\tUSER: u\n'),
      'Line 1: begin every field in the same column, HOST, too, and without a tab',
    ],
    [Buffer.from('HOST: h\n  USER: u\n'), 'Line 2: begin every field in the same column, USER, too'],
    [Buffer.from('HOST: h\n\tUSER: @u\n'), 'Line 2: put the value of USER in quotes'],
    [Buffer.from('{HOST: h, PASSWORD: a,b}'), 'put the value of PASSWORD in quotes'],
  ])('is refused where it cannot be read: %p', async (content, message) => {
    writeFileSync(file, content);
    expect(await refusal(readCredentialsFile(file))).toContain(`The credentials file ${file} is wrong. `);
    expect(await refusal(readCredentialsFile(file))).toContain(message);
  });

  test.each([
    `mysql://u:${word}@db.example/d`,
    `u:${word}@db.example`,
    'db.example:3306',
    'db example',
    '[::1]',
    '/run/mysqld/mysqld.sock',
    ' db.example',
  ])('with the host %j is refused, and no login in it is shown', async (host) => {
    const content = `HOST: ${JSON.stringify(host)}\nUSER: u\nPASSWORD: p\nDATABASE: d\n`;
    const shown = /[@/]/.test(host) ? 'not shown' : JSON.stringify(host);
    expect(await refusal(readFileWith(content))).toContain(
      `host is ${shown}: allowed: the name or the address alone, without a scheme, brackets, a port or spaces`,
    );
  });

  test.each([
    'db-1.example.com',
    '127.0.0.1',
    '::1',
    'fe80::1%eth0',
    'mysql_host',
    'datenbank.müller.example',
  ])('takes the host %s', async (host) => {
    const content = `HOST: ${JSON.stringify(host)}\nUSER: u\nPASSWORD: p\nDATABASE: d\n`;
    expect(await readFileWith(content)).toMatchObject({ host });
  });

  test.each(['0', '-1', '1e3', '0x10', '0123', '3306.5', 'true', '[1]', '""'])(
    'refuses the port %s',
    async (value) => {
      const content = `HOST: h\nUSER: u\nPASSWORD: p\nDATABASE: d\nPORT: ${value}\n`;
      expect(await refusal(readFileWith(content))).toMatch(/port is .*: allowed: 1 to 65535/);
    },
  );
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
