import { InvalidArgumentError, Option } from 'commander';
import { KAFKA_AUTHENTICATIONS, MOST_SHARDS, userIdSchema } from '../../lambda/shared/environment';
import { type DatabaseTls, databaseTlsSchema } from '../../lambda/shared/trusted-certificates';

/** Reads the value of an option that counts something. */
export const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('allowed: a whole number from 1 on.');
  }
  return value;
};

/** Reads the value of an option that is a number of shards. */
export const shards = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MOST_SHARDS) {
    throw new InvalidArgumentError(`allowed: 1 to ${MOST_SHARDS}.`);
  }
  return value;
};

/** Reads the value of an option that is a TCP port. */
export const portNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError('allowed: 1 to 65535.');
  }
  return value;
};

/** Reads the value of an option that is a user's id. */
export const userId = (text: string): string => {
  const parsed = userIdSchema.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  return parsed.data;
};

/** Reads the value of an option that says how the connection to a database is protected. */
export const databaseTls = (text: string): DatabaseTls => {
  const parsed = databaseTlsSchema.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  return parsed.data;
};

/** The option that goes with `--creds`. */
export const tlsOption = (): Option =>
  new Option(
    '--tls <off|rds|file>',
    "with --creds: no TLS, TLS verified with Amazon's RDS certificates, or with those of a PEM file (default: off)",
  ).argParser(databaseTls);

/** The option that goes with `--brokers`. */
export const kafkaAuthenticationOption = (): Option =>
  new Option(
    '--kafka-authentication <kind>',
    'with --brokers: how to log in there; iam is that of Amazon MSK, with TLS',
  )
    .choices(KAFKA_AUTHENTICATIONS)
    .default('none');
