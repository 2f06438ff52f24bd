import { InvalidArgumentError, Option } from 'commander';
import type { ZodType } from 'zod';
import {
  brokersSchema,
  KAFKA_AUTHENTICATIONS,
  MOST_SHARDS,
  userIdSchema,
} from '../../lambda/shared/environment';
import { type DatabaseTls, databaseTlsSchema } from '../../lambda/shared/trusted-certificates';
import { wholeNumberTo } from '../terminal/option-values';

/** Parses an option as the functions parse the variable of that kind. */
const parsedBy =
  <T>(schema: ZodType<T>) =>
  (text: string): T => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };

/** Parses an option that is a number of shards. */
export const shards = wholeNumberTo(MOST_SHARDS);

/** Parses an option that is a user id. */
export const userId = parsedBy<string>(userIdSchema);

/** Parses an option that lists bootstrap brokers. */
export const brokers = parsedBy<readonly string[]>(brokersSchema);

/** Parses such an option for a command that hands the list on as text. */
export const brokerList = (text: string): string => brokers(text).join();

/** Parses an option that selects the TLS of a database connection. */
export const databaseTls = parsedBy<DatabaseTls>(databaseTlsSchema);

/** Builds the option `--tls`, which goes with `--creds`. */
export const tlsOption = (): Option =>
  new Option(
    '--tls <off|rds|file>',
    "with --creds: no TLS, TLS verified with Amazon's RDS certificates, or with those of a PEM file (default: off)",
  ).argParser(databaseTls);

/** Builds the option `--kafka-authentication`, which goes with `--brokers`. */
export const kafkaAuthenticationOption = (): Option =>
  new Option(
    '--kafka-authentication <kind>',
    'with --brokers: how to log in there; iam is that of Amazon MSK, with TLS',
  )
    .choices(KAFKA_AUTHENTICATIONS)
    .default('none');
