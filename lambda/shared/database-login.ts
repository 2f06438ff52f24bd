import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import * as z from 'zod';
import type * as CredentialsYaml from './credentials-yaml';
import type { DatabaseLoginSource } from './environment';
import { AccessDeniedError, ConfigurationError, UnreachableError } from './errors';

/** Database credentials. They hold a password: never log them. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const text = z.string('allowed: text').min(1, 'allowed: non-empty text');

/** Hides a host that holds more, such as the password of a URL. */
const HOST_ALLOWED = 'allowed: the name or the address alone, without a scheme, brackets, a port or spaces';
const isHost = (value: string): boolean => isIP(value) !== 0 || /^[\p{L}\p{N}._-]+$/u.test(value);
const host = text.refine((value) => value === '' || isHost(value), HOST_ALLOWED);

const PORT_ALLOWED = 'allowed: 1 to 65535';
const port = z
  .preprocess(
    (value) => (typeof value === 'string' && /^[1-9]\d*$/.test(value) ? Number(value) : value),
    z.number(PORT_ALLOWED).int(PORT_ALLOWED).min(1, PORT_ALLOWED).max(65_535, PORT_ALLOWED).optional(),
  )
  .transform((value) => value ?? 3306);

const CONTROL_ALLOWED = 'allowed: text without a line break or another control character';
const withoutControls = (schema: z.ZodString) => schema.regex(/^[^\p{Cc}\u2028\u2029]*$/u, CONTROL_ALLOWED);

/** The fields of `db_creds.yaml`; upper and lower case are both in use. */
const fileSchema = z.object({
  host,
  port,
  user: withoutControls(text),
  password: withoutControls(z.string('allowed: text')),
  database: withoutControls(text),
});

/** The fields of a secret as RDS writes it. */
const secretSchema = z.object({ host, port, username: text, password: text, dbname: text });

/**
 * Reads a `db_creds.yaml`: HOST, USER, PASSWORD, DATABASE and, by default 3306, PORT; in upper or lower case.
 *
 * @throws ConfigurationError naming the file and the field, and never the password; with the line, where YAML would read
 * something else than stands there.
 */
export async function readCredentialsFile(path: string): Promise<DatabaseLogin> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new ConfigurationError(
      `The credentials file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
  const place = `The credentials file ${path}`;
  // Here, because only the laptop needs it: the function reads a secret, and starts without YAML.
  const { readCredentialsFields } = require('./credentials-yaml') as typeof CredentialsYaml;
  const { fields, problems } = readCredentialsFields(decoded(content, place));
  if (problems.length > 0) throw new ConfigurationError(`${place} is wrong. ${problems.join('. ')}.`);
  return checked(fileSchema, await asObject(() => fields, place), place);
}

/** @throws ConfigurationError naming the first line that is not UTF-8. */
function decoded(content: Buffer, place: string): string {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const isUtf8 = (bytes: Buffer): boolean => {
    try {
      utf8.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  if (isUtf8(content) && !content.includes(0)) return utf8.decode(content);
  // As Latin-1 each byte is a character, so that no line is lost.
  const lines = content.toString('latin1').split('\n');
  const wrong = lines.findIndex((line) => line.includes('\0') || !isUtf8(Buffer.from(line, 'latin1')));
  throw new ConfigurationError(`${place} is wrong. Line ${wrong + 1} is not UTF-8: save the file as UTF-8.`);
}

/** Reads the value of a secret, given its id; what the AWS SDK's GetSecretValue does. */
export type ReadSecret = (secretId: string) => Promise<string | undefined>;

/**
 * Reads the login from where the environment says it is.
 *
 * @throws ConfigurationError naming the source and the field, and never the password.
 * @throws AccessDeniedError when the secret may not be read.
 * @throws UnreachableError when it cannot be read for the moment.
 */
export async function readDatabaseLogin(
  source: DatabaseLoginSource,
  readSecret: ReadSecret,
): Promise<DatabaseLogin> {
  if ('credentialsFile' in source) return await readCredentialsFile(source.credentialsFile);
  const place = `The secret ${source.secretArn}`;
  let content: string | undefined;
  try {
    content = await readSecret(source.secretArn);
  } catch (error) {
    const { name } = error as Error;
    if (name === 'AccessDeniedException') {
      throw new AccessDeniedError(
        `${place} may not be read by this role: secretsmanager:GetSecretValue is missing.`,
      );
    }
    if (WRONG_SECRET.has(name)) throw new ConfigurationError(`${place} cannot be read: ${name}.`);
    throw new UnreachableError(`${place} is out of reach: ${name}.`);
  }
  const fields = await asObject(() => JSON.parse(content ?? ''), place);
  const { host, port: number, username, password, dbname } = checked(secretSchema, fields, place);
  return { host, port: number, user: username, password, database: dbname };
}

/** Secrets Manager's errors that no retry can fix. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors */
const WRONG_SECRET = new Set([
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ResourceNotFoundException',
  'ValidationException',
]);

/** Parsers quote what they could not parse, which may be a password, so their own message is dropped. */
async function asObject(read: () => unknown, place: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = await read();
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) {
    throw new ConfigurationError(
      `${place} holds no fields: allowed: HOST, PORT, USER, PASSWORD and DATABASE, or those of an RDS secret.`,
    );
  }
  return value as Record<string, unknown>;
}

function checked<T>(schema: z.ZodType<T>, fields: Record<string, unknown>, place: string): T {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return `${name} is ${shown(name, fields[name])}: ${message}`;
  });
  throw new ConfigurationError(`${place} is wrong. ${problems.join('; ')}.`);
}

/** A value that is no scalar may hold the password somewhere inside. */
function shown(name: string, value: unknown): string {
  if (value === undefined) return 'missing';
  // A host that is a URL has a password in it.
  if (name === 'password' || (name === 'host' && /[@/]/.test(String(value)))) return 'not shown';
  return typeof value === 'object' && value !== null ? 'not text' : JSON.stringify(value);
}
