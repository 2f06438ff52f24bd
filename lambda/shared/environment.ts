import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { ConfigurationError } from './errors';
import { type DatabaseTls, databaseTlsSchema } from './trusted-certificates';

const USER_ID_ALLOWED = 'allowed: 1 to 32 letters, digits, "_" and "-", the first a letter or a digit';

/**
 * The user's id: the prefix of every topic, of the consumer group and of the transactional id.
 *
 * Letters, digits, `_` and `-` only, at most 32 of them, so that it is legal in the name of a Kafka topic, an IAM
 * role, an EC2 key pair and a CloudFormation stack alike.
 */
export const userIdSchema = z
  .string(USER_ID_ALLOWED)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, USER_ID_ALLOWED);

/** Ways to authenticate to Kafka. `iam`: TLS and a token signed by the role's key (MSK); `none`: plain text, for a broker on this machine. */
export const KAFKA_AUTHENTICATIONS = ['iam', 'none'] as const;

/** Codecs for the batches that are sent to Kafka. */
export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;

/** Storage on three brokers costs more than the CPU of compressing. */
export const DEFAULT_COMPRESSION = 'zstd' satisfies (typeof COMPRESSIONS)[number];

/** Ways to treat rows that change. `follow`: updates and deletes are followed in the database's log; `copy`: the log is never read. */
export const CHANGES = ['follow', 'copy'] as const;

/** Topics follow their tables unless it is switched off. */
export const DEFAULT_CHANGES = 'follow' satisfies (typeof CHANGES)[number];

const text = z.string().min(1, 'allowed: non-empty text');
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, `allowed: ${values.join(', ')}`);

const BROKERS_ALLOWED =
  'allowed: host:port with a port from 1 to 65535, several of them separated by commas, without spaces; an IPv6 address in brackets';
/** Bootstrap brokers: `host:port` separated by commas; parsed into a list. */
export const brokersSchema = z
  .string(BROKERS_ALLOWED)
  .transform((list) => list.split(','))
  .refine((list) => list.every(isBroker), BROKERS_ALLOWED);

function isBroker(broker: string): boolean {
  const [, address, name, digits] = /^(?:\[([^\]]+)\]|([^\s:[\]]+)):([1-9]\d{0,4})$/.exec(broker) ?? [];
  // With zeros in front it would not be the name that the client has for it.
  return (name !== undefined || isIPv6(address ?? '')) && Number(digits) <= 65_535;
}

const LIMIT_ALLOWED = 'allowed: a whole number from 1 on';

/** The most shards that the keys can be split over. */
export const MOST_SHARDS = 8;

const SHARDS_ALLOWED = `allowed: a whole number from 1 to ${MOST_SHARDS}`;

const environmentSchema = z
  .object({
    /** See {@link userIdSchema}. */
    USER_ID: userIdSchema,
    /** Bootstrap brokers, `host:port` separated by commas. */
    KAFKA_BROKERS: brokersSchema,
    /** See {@link KAFKA_AUTHENTICATIONS}. @default 'iam' */
    KAFKA_AUTHENTICATION: oneOf(KAFKA_AUTHENTICATIONS).default('iam'),
    /** See {@link COMPRESSIONS}. @default {@link DEFAULT_COMPRESSION} */
    COMPRESSION: oneOf(COMPRESSIONS).default(DEFAULT_COMPRESSION),
    /** See {@link CHANGES}. @default {@link DEFAULT_CHANGES} */
    CHANGES: oneOf(CHANGES).default(DEFAULT_CHANGES),
    /** ARN of the Secrets Manager secret with the database's host, port, dbname, username and password. */
    DATABASE_SECRET_ARN: text.optional(),
    /** Path of a `db_creds.yaml` (HOST, PORT, USER, PASSWORD, DATABASE); instead of the secret. */
    DATABASE_CREDENTIALS_FILE: text.optional(),
    /** `off`, `rds` or the path of a file, see {@link DatabaseTls}. @default 'rds' with a secret, 'off' with a credentials file */
    DATABASE_TLS: databaseTlsSchema.optional(),
    /** Maximum of posts (distinct keys) in one run. @default no limit */
    EMIT_LIMIT: z.coerce.number(LIMIT_ALLOWED).int(LIMIT_ALLOWED).positive(LIMIT_ALLOWED).optional(),
    /** Over how many shards the keys are split. @default 1 */
    SHARDS: z.coerce
      .number(SHARDS_ALLOWED)
      .int(SHARDS_ALLOWED)
      .min(1, SHARDS_ALLOWED)
      .max(MOST_SHARDS, SHARDS_ALLOWED)
      .default(1),
    /** Region of the Kafka cluster; set by the Lambda runtime. @default 'us-east-1' */
    AWS_REGION: text.default('us-east-1'),
  })
  .refine(
    (value) => (value.DATABASE_SECRET_ARN === undefined) !== (value.DATABASE_CREDENTIALS_FILE === undefined),
    {
      path: ['DATABASE_SECRET_ARN'],
      message: 'allowed: exactly one of DATABASE_SECRET_ARN and DATABASE_CREDENTIALS_FILE',
    },
  );

/** The variables that configure the emitter, by name; what a stack or a script may set. */
export type EmitterVariables = Partial<Record<keyof z.input<typeof environmentSchema>, string>>;

/** The names of {@link EmitterVariables}. */
export const EMITTER_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

/** Source of the database credentials. */
export type DatabaseLoginSource = { readonly secretArn: string } | { readonly credentialsFile: string };

/** The emitter's configuration, parsed and checked. */
export interface EmitterEnvironment {
  readonly userId: string;
  readonly kafka: {
    /** `host:port` of the bootstrap brokers. */
    readonly brokers: readonly string[];
    readonly authentication: (typeof KAFKA_AUTHENTICATIONS)[number];
    readonly compression: (typeof COMPRESSIONS)[number];
    readonly region: string;
  };
  readonly database: {
    readonly login: DatabaseLoginSource;
    readonly tls: DatabaseTls;
  };
  /** Maximum of posts in one run; `undefined` for no limit. */
  readonly limit: number | undefined;
  /** Over how many shards the keys are split. */
  readonly shards: number;
  /** Whether updates and deletes are followed, or rows only copied. */
  readonly changes: (typeof CHANGES)[number];
}

/**
 * Reads the emitter's configuration out of environment variables.
 *
 * @throws ConfigurationError naming the variable, its value and what is allowed.
 */
export function parseEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): EmitterEnvironment {
  const parsed = environmentSchema.safeParse(variables);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      const value = variables[name];
      return `${name} is ${value === undefined ? 'not set' : JSON.stringify(value)}: ${issue.message}`;
    });
    throw new ConfigurationError(`The emitter's environment is wrong. ${problems.join('; ')}.`);
  }
  const value = parsed.data;
  const login: DatabaseLoginSource =
    value.DATABASE_SECRET_ARN !== undefined
      ? { secretArn: value.DATABASE_SECRET_ARN }
      : { credentialsFile: value.DATABASE_CREDENTIALS_FILE as string };
  return {
    userId: value.USER_ID,
    kafka: {
      brokers: value.KAFKA_BROKERS,
      authentication: value.KAFKA_AUTHENTICATION,
      compression: value.COMPRESSION,
      region: value.AWS_REGION,
    },
    database: { login, tls: value.DATABASE_TLS ?? ('secretArn' in login ? 'rds' : 'off') },
    limit: value.EMIT_LIMIT,
    shards: value.SHARDS,
    changes: value.CHANGES,
  };
}
