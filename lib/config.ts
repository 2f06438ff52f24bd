import type { z } from 'zod';
import { pipelineSchema } from './config-schema';

export { REGION, ZONES } from './config-schema';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** What the pipeline is to be, parsed and checked; every default is filled in. Its fields are documented in the schema above. */
export type PipelineConfig = DeepReadonly<z.output<typeof pipelineSchema>>;

/** How the Kafka cluster is to be; a part of {@link PipelineConfig}. */
export type KafkaConfig = PipelineConfig['kafka'];

/** Which database is read; a part of {@link PipelineConfig}. */
export type DatabaseConfig = PipelineConfig['database'];

/** A database that is already there; a part of {@link PipelineConfig}. */
export type ExistingDatabaseConfig = Extract<DatabaseConfig, { readonly mode: 'existing' }>;

/** How the emitter is to run; a part of {@link PipelineConfig}. */
export type EmitterConfig = PipelineConfig['emitter'];

/** The fields whose text could be taken for JSON. */
const TEXTS = /^pipeline\.(userId|keyPairName|database\.name|tags\..*)$/;

/**
 * Reads the configuration out of CDK context: the object `pipeline` of cdk.json, and over it whatever the command
 * line says with `-c pipeline.<field>=<value>`, for example
 *
 *     npx cdk deploy --all -c pipeline.userId=ada -c pipeline.kafka.brokers=6 -c 'pipeline.sshCidrs=["203.0.113.7/32"]'
 *
 * A value that is JSON is taken as JSON, unless the field is a text, for a user's id may well look like a number.
 *
 * @throws ConfigError naming each wrong or unknown field, its value and what is allowed.
 */
export function readConfig(context: Readonly<Record<string, unknown>>): PipelineConfig {
  const input = structuredClone(context['pipeline'] ?? {});
  for (const [name, value] of Object.entries(context)) {
    if (!name.startsWith('pipeline.')) continue;
    override(input, name.split('.').slice(1), TEXTS.test(name) ? value : fromCommandLine(value));
  }
  return parseConfig(input);
}

/**
 * Checks a configuration and fills in its defaults.
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
      return `  ${['pipeline', ...path].join('.')} is ${JSON.stringify(value) ?? 'not set'}: ${issue.message}`;
    });
  });
  throw new ConfigError(
    `The configuration is wrong (cdk.json, context "pipeline", or -c):\n${problems.join('\n')}`,
  );
}

/** The configuration is wrong. Its message says all that its reader can use; where it was thrown says nothing. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Says what is allowed where a field of the schema does not say it itself. */
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
  string: 'a text',
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
