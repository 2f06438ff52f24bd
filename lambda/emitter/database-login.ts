import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { DatabaseLoginSource } from './environment';
import { AccessDeniedError, ConfigurationError, UnreachableError } from './errors';

/** What it takes to log in to the database. Holds a password: never log it. */
export interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const text = z.string('allowed: text').min(1, 'allowed: text that is not empty');
const port = z.coerce
  .number('allowed: 1 to 65535')
  .int('allowed: 1 to 65535')
  .min(1, 'allowed: 1 to 65535')
  .max(65_535, 'allowed: 1 to 65535')
  .default(3306);

/** The fields of `db_creds.yaml`; upper and lower case are both in use. */
const fileSchema = z.object({
  host: text,
  port,
  user: text,
  password: z.string('allowed: text'),
  database: text,
});

/** The fields of a secret as RDS writes it. */
const secretSchema = z.object({ host: text, port, username: text, password: text, dbname: text });

/**
 * Reads a `db_creds.yaml`: HOST, USER, PASSWORD, DATABASE and, by default 3306, PORT; in upper or lower case.
 *
 * @throws ConfigurationError naming the file and the field, and never the password.
 */
export async function readCredentialsFile(path: string): Promise<DatabaseLogin> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `The credentials file ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
  const place = `The credentials file ${path}`;
  const fields = Object.entries(await asObject(() => yaml(content), place)).map(([name, value]) => [
    name.toLowerCase(),
    value,
  ]);
  return checked(fileSchema, Object.fromEntries(fields), place);
}

/** Refuses what the parser only warns of, on standard error: a password that begins with "!" would be read as nothing and shown there. */
async function yaml(content: string): Promise<unknown> {
  // Here, because only the laptop needs it: the function reads a secret, and starts without it.
  const { parseDocument } = await import('yaml');
  const document = parseDocument(content);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw problem;
  return document.toJS();
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

/** What Secrets Manager says of a secret that no later try can read. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors */
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
  if (name === 'password') return 'not shown';
  return typeof value === 'object' && value !== null ? 'not text' : JSON.stringify(value);
}
