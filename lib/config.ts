import type { z } from 'zod';
import { pipelineSchema } from './config-schema';

export { REGION, ZONES } from './config-schema';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Configuration of the pipeline, validated and with all defaults. `pipelineSchema` documents its fields. */
export type PipelineConfig = DeepReadonly<z.output<typeof pipelineSchema>>;

/** Configuration of the Kafka cluster. */
export type KafkaConfig = PipelineConfig['kafka'];

/** Configuration of the database. */
export type DatabaseConfig = PipelineConfig['database'];

/** Configuration of a database that exists already. */
export type ExistingDatabaseConfig = Extract<DatabaseConfig, { readonly mode: 'existing' }>;

/** Configuration of the emitter. */
export type EmitterConfig = PipelineConfig['emitter'];

/** Fields that are always strings, even if the value looks like JSON. */
const STRINGS = /^pipeline\.(userId|keyPairName|database\.name|tags\..*)$/;

/** Advice for fields of earlier versions, by path. */
const RENAMED: Readonly<Record<string, string>> = {
  availabilityZones:
    'write availabilityZoneIds, for example ["use1-az1","use1-az2","use1-az4"]; a name such as us-east-1a is a different zone in each account (aws ec2 describe-availability-zones shows the ids)',
};

/**
 * Reads the configuration from CDK context: the object `pipeline` of cdk.json, with `-c pipeline.<field>=<value>` of the
 * command line taking precedence. For example:
 *
 *     npx cdk deploy --all -c pipeline.userId=ada -c pipeline.kafka.brokers=6 -c 'pipeline.sshCidrs=["203.0.113.7/32"]'
 *
 * A value is parsed as JSON if possible, unless the field is a string: a user id can look like a number.
 *
 * @throws ConfigError naming each wrong or unknown field, its value and what is allowed.
 */
export function readConfig(context: Readonly<Record<string, unknown>>): PipelineConfig {
  const input = structuredClone(context['pipeline'] ?? {});
  for (const [name, value] of Object.entries(context)) {
    if (!name.startsWith('pipeline.')) continue;
    override(input, name.split('.').slice(1), STRINGS.test(name) ? value : fromCommandLine(value));
  }
  return parseConfig(input);
}

/**
 * Validates a configuration and fills in its defaults.
 *
 * @throws ConfigError naming each wrong or unknown field, its value and what is allowed.
 */
export function parseConfig(input: unknown): PipelineConfig {
  const parsed = pipelineSchema.safeParse(input, { error: allowedBy });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => {
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map((path) => {
      const value = path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown>)?.[key], input);
      return `  ${['pipeline', ...path].join('.')} is ${JSON.stringify(value) ?? 'not set'}: ${RENAMED[path.join('.')] ?? issue.message}`;
    });
  });
  throw new ConfigError(
    `The configuration is wrong (cdk.json, context "pipeline", or -c):\n${problems.join('\n')}`,
  );
}

/** An invalid configuration. The message is for the person who wrote it; the stack trace does not help. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Returns the message for a field whose schema has none of its own. */
function allowedBy(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `allowed: ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `allowed: ${issue.values.join(', ')}`;
    case 'too_small':
      return `allowed: at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `allowed: at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'not_multiple_of':
      return `allowed: a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  number: 'a number',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
};

const unitOf = (origin: string): string =>
  origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '';

function override(target: unknown, path: readonly string[], value: unknown): void {
  const [field, ...rest] = path;
  const node = target as Record<string, unknown>;
  if (field === undefined) return;
  if (rest.length === 0) {
    node[field] = value;
    return;
  }
  node[field] ??= {};
  override(node[field], rest, value);
}

function fromCommandLine(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return value;
  }
}
