import * as z from 'zod';
import { MOST_SHARDS } from '../shared/environment';
import { ConfigurationError } from '../shared/errors';
import { LARGEST_KEY } from '../shared/largest-key';

import { type PerStream, STREAMS, type Stream, type StreamName } from '../shared/streams';

/** Request of one invocation. */
export interface EmitRequest {
  /** The streams to emit. */
  readonly streams: readonly StreamName[];
  /** Maximum of posts (distinct keys) to emit. */
  readonly limit: number;
  /** Set the checkpoint of some of these streams to these keys first. A smaller key than the checkpoint's emits rows again, a larger one leaves rows out. */
  readonly from: Partial<PerStream<bigint>> | undefined;
  /** Number of the shard; 0 is the primary, which assigns ranges to the others. */
  readonly shard: number;
  /** Number of configured shards. */
  readonly shards: number;
  /** Keys to read again, and nothing else: what the tables have of them is sent, whatever was sent before. */
  readonly keys: Partial<PerStream<readonly bigint[]>> | undefined;
  /** Losses that the keys make up for, by their names. */
  readonly reconciled: Partial<PerStream<string>> | undefined;
  /** Read and count, but neither write to Kafka nor move the checkpoint. */
  readonly dryRun: boolean;
}

const tables = STREAMS.map(({ table }) => table);
const keyMessage = `allowed: an integer from 0 to ${LARGEST_KEY}, as a string of digits beyond ${Number.MAX_SAFE_INTEGER}`;

const shardMessage = `allowed: a whole number from 0 to ${MOST_SHARDS - 1}`;

const keySchema = z
  .union(
    [z.number().int(keyMessage).nonnegative(keyMessage), z.string().regex(/^\d{1,19}$/, keyMessage)],
    keyMessage,
  )
  .transform(BigInt)
  .refine((key) => key <= LARGEST_KEY, keyMessage);

/** The most keys of one event; a larger one would not fit a Lambda function's request. */
export const MOST_KEYS = 100_000;

const keysMessage = `allowed: a list of at most ${MOST_KEYS} keys`;

const perTable = <Value extends z.ZodType>(value: Value, message: string) =>
  z.strictObject(
    Object.fromEntries(tables.map((table) => [table, value.optional()])) as Record<
      Stream['table'],
      z.ZodOptional<Value>
    >,
    message,
  );

const eventSchemaWith = <From extends z.ZodType>(from: From) =>
  z
    .strictObject({
      limit: z
        .number('allowed: a whole number from 1 on')
        .int('allowed: a whole number from 1 on')
        .positive('allowed: a whole number from 1 on')
        .optional(),
      from: from.optional(),
      tables: z
        .array(z.enum(tables, `allowed: ${tables.join(', ')}`), `allowed: a list of ${tables.join(', ')}`)
        .min(1, `allowed: one or more of ${tables.join(', ')}`)
        .optional(),
      dryRun: z.boolean('allowed: true or false').optional(),
      keys: perTable(
        z.array(keySchema, keysMessage).max(MOST_KEYS, keysMessage),
        'allowed: lists of keys by table',
      ).optional(),
      reconciled: perTable(
        z.string('allowed: the name of a loss'),
        'allowed: names of losses by table',
      ).optional(),
      // Also one that is not configured: while their number changes, schedules and function may disagree for a moment.
      shard: z
        .number(shardMessage)
        .int(shardMessage)
        .min(0, shardMessage)
        .max(MOST_SHARDS - 1, shardMessage)
        .optional(),
    })
    .refine(({ from, shard = 0 }) => from === undefined || shard === 0, {
      path: ['from'],
      message: 'allowed: only together with shard 0',
    })
    .refine(({ keys, shard = 0 }) => keys === undefined || shard === 0, {
      path: ['keys'],
      message: 'allowed: only together with shard 0',
    })
    .refine(({ keys, from }) => keys === undefined || from === undefined, {
      path: ['from'],
      message: 'allowed: not together with keys',
    })
    .refine(({ keys, reconciled }) => keys !== undefined || reconciled === undefined, {
      path: ['reconciled'],
      message: 'allowed: only together with keys',
    });

/** An event whose `from` is one key for all tables. */
const eventSchema = eventSchemaWith(keySchema);

/** An event whose `from` is a key for each of some tables. */
const perTableEventSchema = eventSchemaWith(perTable(keySchema, 'allowed: a key, or keys by table'));

/** The event that the emitter takes; the schedule of shard 0 sends an empty one. */
export type EmitEvent = z.input<typeof eventSchema> | z.input<typeof perTableEventSchema>;

/**
 * Reads an event.
 *
 * @param defaultLimit the configured limit of posts per run; `undefined` is no limit
 * @param shards how many shards are configured
 * @throws ConfigurationError naming the field, its value and what is allowed.
 */
export function parseEvent(event: unknown, defaultLimit: number | undefined, shards = 1): EmitRequest {
  const isPerTable = isRecord(event) && isRecord(event['from']);
  const parsed = (isPerTable ? perTableEventSchema : eventSchema).safeParse(event ?? {});
  if (!parsed.success) refuse(parsed.error.issues.map((issue) => problem(issue, event)));
  const { limit, from, tables: chosen, dryRun, shard, keys, reconciled } = parsed.data;
  const streams = STREAMS.filter(({ table }) => chosen?.includes(table) ?? true);
  return {
    streams: streams.map(({ name }) => name),
    limit: limit ?? defaultLimit ?? Number.POSITIVE_INFINITY,
    from: from === undefined ? undefined : firstKeysOf(from, streams),
    shard: shard ?? 0,
    shards,
    keys: keys && byStream('keys', keys, streams),
    reconciled: reconciled && byStream('reconciled', reconciled, streams),
    dryRun: dryRun ?? false,
  };
}

/** One key is that of every table of the run. */
const firstKeysOf = (
  from: bigint | Partial<Record<Stream['table'], bigint | undefined>>,
  streams: readonly Stream[],
): Partial<PerStream<bigint>> =>
  typeof from === 'bigint'
    ? Object.fromEntries(streams.map(({ name }) => [name, from]))
    : byStream('from', from, streams);

/** @throws ConfigurationError naming a table that is not one of the run. */
function byStream<T>(
  field: string,
  values: Partial<Record<Stream['table'], T | undefined>>,
  streams: readonly Stream[],
): Partial<PerStream<T>> {
  const others = Object.keys(values).filter((table) => !streams.some((stream) => stream.table === table));
  if (others.length > 0) {
    const allowed = streams.map(({ table }) => table).join(', ');
    refuse(
      others.map(
        (table) =>
          `${field}.${table} is ${values[table as Stream['table']]}: allowed: only tables of the run: ${allowed}`,
      ),
    );
  }
  return Object.fromEntries(
    streams.flatMap(({ name, table }) => (values[table] === undefined ? [] : [[name, values[table]]])),
  );
}

function refuse(problems: readonly string[]): never {
  throw new ConfigurationError(`The event is refused, nothing was emitted. ${problems.join('; ')}.`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function problem(issue: z.core.$ZodIssue, event: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.path[0] !== undefined
      ? `unknown table ${issue.keys.join(', ')} in ${String(issue.path[0])}: allowed: ${tables.join(', ')}`
      : `unknown field ${issue.keys.join(', ')}: allowed: ${Object.keys(eventSchema.shape).join(', ')}`;
  }
  if (issue.path.length === 0) return `it is ${JSON.stringify(event)}: allowed: a JSON object`;
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown>)?.[key],
    event,
  );
  return `${issue.path.join('.')} is ${JSON.stringify(value)}: ${issue.message}`;
}
