import fc from 'fast-check';
import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { type EmitEvent, parseEvent } from '../../../lambda/emitter/event';
import type { TableReader, TopicPublisher } from '../../../lambda/emitter/ports';
import { assignedShardCount, hasUnfinishedRange } from '../../../lambda/emitter/ranges';
import { ConfigurationError, UnreachableError } from '../../../lambda/shared/errors';
import { type PerStream, perStream, STREAMS } from '../../../lambda/shared/streams';
import { emitWith } from '../../support/emit-with';
import {
  type Fate,
  FaultSchedule,
  MemoryKafka,
  type MemoryRow,
  MemoryTables,
  UNEMITTABLE,
} from '../../support/in-memory';

/** A run of one shard among `shards`, on tables and a Kafka in memory. */
async function runShard(
  reader: TableReader,
  publisherOf: (shard: number) => TopicPublisher,
  event: EmitEvent,
  shards: number,
  {
    limit,
    rows = 4,
    chunks = 1,
    smallestRange = 10n,
  }: { limit?: number; rows?: number; chunks?: number; smallestRange?: bigint } = {},
): Promise<EmitOutcome> {
  return await emitWith(
    {
      reader,
      publisherOf,
      bounds: { rows, bytes: 1_000_000 },
      transaction: { chunks, milliseconds: Number.POSITIVE_INFINITY },
      smallestRange,
    },
    parseEvent(event, limit, shards),
  );
}

const posts = (from: number, to: number): MemoryRow[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    key: BigInt(from + index),
    text: `row ${from + index}`,
  }));

const keysOfPins = (kafka: MemoryKafka): number[] =>
  kafka.committed.pin.map(({ key }) => Number(key)).sort((a, b) => a - b);

const below = (end: number): number[] => Array.from({ length: end }, (_, key) => key);

/** A Kafka and tables of pins with the keys 0 to 99, and runs on them. */
function pipeline() {
  const kafka = new MemoryKafka();
  const tables = new MemoryTables({ pin: posts(0, 99), geo: [], user: [] });
  return {
    kafka,
    tables,
    run: (event: EmitEvent, shards: number, options: Parameters<typeof runShard>[4] = {}) =>
      runShard(tables, (shard) => kafka.producer(undefined, shard), event, shards, options),
  };
}

/** The keys that a shard has still to read of the pins, the last one excluded. */
const rangeOf = (kafka: MemoryKafka, shard: number): number[] => {
  const { nextKey, endKey = nextKey } = kafka.positionsOf(shard).pin;
  return [Number(nextKey), Number(endKey)];
};

describe('the primary', () => {
  test('gives the first shares of its backlog to the others and emits the last one', async () => {
    const { kafka, run } = pipeline();

    await run({}, 4);

    expect(keysOfPins(kafka)).toEqual(below(100).slice(75));
    expect([1, 2, 3].map((shard) => rangeOf(kafka, shard))).toEqual([
      [0, 25],
      [25, 50],
      [50, 75],
    ]);

    for (const shard of [2, 3, 1]) expect(await run({ shard }, 4)).toMatchObject({ emitted: { pin: 25 } });
    expect(keysOfPins(kafka)).toEqual(below(100));
  });

  test('gives no more shares than are worth it, and none of a small backlog', async () => {
    const large = pipeline();
    await large.run({}, 4, { smallestRange: 40n });
    expect(keysOfPins(large.kafka)).toEqual(below(100).slice(50));

    const small = pipeline();
    await small.run({}, 4, { smallestRange: 60n });
    expect(keysOfPins(small.kafka)).toEqual(below(100));
  });

  test('leaves a shard alone that has not finished its range', async () => {
    const { kafka, tables, run } = pipeline();
    await run({}, 3);
    await run({ shard: 1 }, 3, { limit: 5 });
    await run({ shard: 2 }, 3);
    tables.tables.pin.push(...posts(100, 139));

    await run({}, 3);

    expect(rangeOf(kafka, 1)).toEqual([5, 33]);
    expect(rangeOf(kafka, 2)).toEqual([100, 120]);
  });

  test('keeps what is yet to come of a table that lags behind', async () => {
    const { kafka, tables, run } = pipeline();
    tables.tables.geo.push(...posts(0, 2));
    await run({}, 2);
    tables.tables.geo.push(...posts(3, 59));

    await run({ shard: 1 }, 2);
    await run({}, 2);
    await run({ shard: 1 }, 2);

    expect(kafka.committed.geo).toHaveLength(60);
  });

  test('takes no notice of a table that is empty', async () => {
    const { kafka, tables, run } = pipeline();
    await run({}, 1);
    tables.tables.pin.push(...posts(100, 104));

    await run({}, 4);

    expect(keysOfPins(kafka)).toEqual(below(105));
    expect(assignedShardCount(kafka.checkpoint)).toBe(1);
  });

  test('asks for the ranges of others only where there may be some, and forgets them when they are finished', async () => {
    const { kafka, tables, run } = pipeline();
    await run({}, 1);
    expect(kafka.rangesRead).toBe(0);
    tables.tables.pin.push(...posts(100, 199));
    await run({}, 3);
    await run({ shard: 1 }, 3);
    await run({ shard: 2 }, 3);
    expect(assignedShardCount(kafka.checkpoint)).toBe(3);
    await run({}, 3);
    expect(assignedShardCount(kafka.checkpoint)).toBe(1);
    const { rangesRead, transactions } = kafka;

    await run({}, 3);

    expect(kafka).toMatchObject({ rangesRead, transactions });
  });

  test('finishes what shards have left behind that are no longer configured, within its limit', async () => {
    const { kafka, run } = pipeline();
    await run({}, 4);

    expect(await run({}, 2, { limit: 30 })).toMatchObject({ stopped: 'limit', emitted: { pin: 30 } });
    expect([1, 2, 3].map((shard) => rangeOf(kafka, shard))).toEqual([
      [0, 25],
      [50, 50],
      [55, 75],
    ]);
    expect(await run({}, 2)).toMatchObject({ stopped: 'caught-up', emitted: { pin: 20 } });
    expect(assignedShardCount(kafka.checkpoint)).toBe(2);
    await run({}, 1);
    expect(keysOfPins(kafka)).toEqual(below(100));
    expect(assignedShardCount(kafka.checkpoint)).toBe(1);
  });

  test('goes on when somebody newer finishes what was left behind', async () => {
    const { kafka, tables } = pipeline();
    const publisherOf = (shard: number) => kafka.producer(undefined, shard);
    await runShard(tables, publisherOf, {}, 2);
    const fenced = (shard: number) => {
      const publisher = publisherOf(shard);
      const send = publisher.send.bind(publisher);
      publisher.send = async (batch) => {
        if (shard === 1) await kafka.producer(undefined, 1).open();
        await send(batch);
      };
      return publisher;
    };

    expect(await runShard(tables, fenced, {}, 1)).toMatchObject({
      stopped: 'caught-up',
      emitted: { pin: 0 },
    });
    expect(assignedShardCount(kafka.checkpoint)).toBe(2);
  });

  test.each<[string, EmitEvent]>([
    ['of a part of the tables', { tables: ['pinterest_data'] }],
    ['that writes nothing', { dryRun: true }],
  ])('gives nothing in a run %s', async (_, event) => {
    const { kafka, run } = pipeline();

    await run(event, 4);

    expect(assignedShardCount(kafka.checkpoint)).toBe(1);
    expect(hasUnfinishedRange(kafka.positionsOf(1))).toBe(false);
  });

  test('refuses `from` while shards have something to emit, and then does as it says', async () => {
    const { kafka, run } = pipeline();
    await run({}, 3);
    const before = kafka.transactions;

    await expect(run({ from: 0 }, 2)).rejects.toThrow(ConfigurationError);
    await expect(run({ from: 0 }, 3)).rejects.toThrow(
      'from is 0: not allowed before shards have emitted their ranges (1, 2); let them catch up first.',
    );
    expect(kafka.transactions).toBe(before);

    await run({ shard: 1 }, 3);
    await run({ shard: 2 }, 3);
    await run({ from: 95 }, 3);
    expect(keysOfPins(kafka)).toEqual([...below(100), 95, 96, 97, 98, 99].sort((a, b) => a - b));
  });
});

test('a topic that is created anew gets all rows, also of ranges that others had; the other topics nothing twice', async () => {
  const { kafka, tables, run } = pipeline();
  tables.tables.geo.push(...posts(0, 99));
  await run({}, 3);
  await run({ shard: 1 }, 3, { limit: 5 });

  kafka.recreateTopic(STREAMS[0]);
  for (const shard of [1, 2, 0, 1, 2, 0]) await run({ shard }, 3);

  expect(keysOfPins(kafka)).toEqual(below(100));
  expect(kafka.committed.geo).toHaveLength(100);
});

describe('another shard', () => {
  test('does nothing without a range', async () => {
    const { kafka, run } = pipeline();

    expect(await run({ shard: 1 }, 2)).toMatchObject({ stopped: 'caught-up', emitted: { pin: 0 } });
    expect(kafka.transactions).toBe(0);
  });

  test('stops at the end of its range, behind its limit and goes on where it was', async () => {
    const { kafka, run } = pipeline();
    await run({}, 2);

    expect(await run({ shard: 1 }, 2, { limit: 20 })).toMatchObject({ stopped: 'limit' });
    expect(rangeOf(kafka, 1)).toEqual([20, 50]);
    expect(await run({ shard: 1 }, 2)).toMatchObject({ stopped: 'caught-up', emitted: { pin: 30 } });
    expect(rangeOf(kafka, 1)).toEqual([50, 50]);
  });

  test('writes nothing more once all of its range is committed: the primary may have given it another', async () => {
    const { kafka, tables, run } = pipeline();
    await run({}, 2);
    tables.tables.pin.push(...posts(100, 199));
    const publisherOf = (shard: number) => {
      const publisher = kafka.producer(undefined, shard);
      const commit = publisher.commit.bind(publisher);
      publisher.commit = async (checkpoint, given) => {
        await commit(checkpoint, given);
        if (!hasUnfinishedRange(kafka.positionsOf(1))) await run({}, 2);
      };
      return publisher;
    };

    await runShard(tables, publisherOf, { shard: 1 }, 2);

    expect(rangeOf(kafka, 1)).toEqual([100, 150]);
    await run({ shard: 1 }, 2);
    expect(keysOfPins(kafka)).toEqual(below(200));
  });

  test('leaves rows without a key to the primary', async () => {
    const { tables, run } = pipeline();
    tables.tables.user.push({ key: null, text: 'a' });

    expect((await run({}, 2)).deadLettered).toBe(1);
    expect((await run({ shard: 1 }, 2)).deadLettered).toBe(0);
  });
});

/** A process that was killed answers nothing any more, and asks nothing. */
class Killed extends Error {}

/** Requests of others for which a process may stand still, as a function does that is frozen. */
const FROZEN_TURNS = 60;

/** Lets a process live for so many requests; the last one is made or not before it dies. Before one of them it stands still. */
class Life {
  private made = 0;

  constructor(
    private requests: number,
    private readonly makesTheLast: boolean,
    private readonly frozenAt: number,
    private readonly turn: () => Promise<void>,
  ) {}

  of<T extends TableReader | TopicPublisher>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const method = (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
        if (name === 'close' || name === 'discard') return method;
        return async (...args: unknown[]) => {
          this.made += 1;
          if (this.made === this.frozenAt) for (let turn = 0; turn < FROZEN_TURNS; turn++) await this.turn();
          this.requests -= 1;
          if (this.requests < 0 || (this.requests === 0 && !this.makesTheLast)) throw new Killed();
          const answer = await method(...args);
          if (this.requests <= 0) throw new Killed();
          return answer;
        };
      },
    });
  }
}

describe('whatever the tables, whatever fails, whoever is killed and however the number of shards changes', () => {
  const fates = fc.array(fc.constantFrom<Fate>('done', 'done', 'done', 'done', 'refused', 'answer-lost'), {
    maxLength: 20,
  });
  const life = fc.record({
    requests: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 1, max: 25 })),
    makesTheLast: fc.boolean(),
    frozenAt: fc.nat({ max: 25 }),
  });
  /** New rows of a table: each one's distance from the key before, and its text. */
  const added = fc.array(
    fc.tuple(fc.constantFrom(0n, 1n, 1n, 2n, 5n), fc.constantFrom('a', 'b', 'c', UNEMITTABLE)),
    { maxLength: 15 },
  );
  /** Where the last row of a share is the last key of all tables, its shard has finished with that. */
  const addedWithoutGaps = fc
    .nat({ max: 15 })
    .map((length) => Array.from({ length }, (): readonly [bigint, string] => [1n, 'a']))
    .map((rows) => ({ pin: rows, geo: rows, user: rows }));
  const round = fc.record({
    shards: fc.integer({ min: 1, max: 4 }),
    runs: fc.array(
      fc.record({
        shard: fc.constantFrom(0, 0, 1, 1, 2, 3),
        read: fates,
        write: fates,
        life,
        isOld: fc.boolean(),
      }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
    limit: fc.integer({ min: 1, max: 30 }),
    /** Which topic is deleted afterwards and created again. */
    recreated: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, ...STREAMS),
    added: fc.oneof(fc.record({ pin: added, geo: added, user: added }), addedWithoutGaps),
  });

  test('the topics hold every row once', async () => {
    let given = 0;
    let orphaned = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.bigInt({ min: 1n, max: 4n }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.scheduler(),
        async (rounds, lastShards, rows, chunks, smallestRange, visibility, scheduler) => {
          const tables = new MemoryTables(perStream(() => []));
          const seen = visibility.values();
          const kafka = new MemoryKafka(
            () => scheduler.schedule(Promise.resolve()),
            () => seen.next().value ?? true,
          );
          const emitted = perStream(() => 0);
          const count = (outcome: EmitOutcome): void => {
            for (const { name } of STREAMS) emitted[name] += outcome.emitted[name];
          };
          let shardsBefore = lastShards;
          for (const { shards, runs, limit, recreated, added } of rounds) {
            for (const { name } of STREAMS) append(tables.tables[name], added[name]);
            const ended = runs.map(
              async ({ shard, read, write, life: { requests, makesTheLast, frozenAt }, isOld }) => {
                const life = new Life(requests, makesTheLast, frozenAt, kafka.turn);
                const faults = new FaultSchedule([...write]);
                const configured = isOld ? shardsBefore : shards;
                const publisherOf = (of: number) => life.of(kafka.producer(faults, of));
                const reader = life.of(new MemoryTables(tables.tables, new FaultSchedule([...read]), 2));
                try {
                  count(
                    await runShard(reader, publisherOf, { shard }, configured, {
                      limit,
                      rows,
                      chunks,
                      smallestRange,
                    }),
                  );
                } catch (error) {
                  if (!(error instanceof Killed)) expect(error).toBeInstanceOf(UnreachableError);
                }
              },
            );
            await scheduler.waitFor(Promise.all(ended));
            const holders = assignedShardCount(kafka.checkpoint);
            if (holders > 1) given += 1;
            if (holders > shards) orphaned += 1;
            shardsBefore = shards;
            if (recreated !== undefined) {
              kafka.recreateTopic(recreated);
              emitted[recreated.name] = 0;
            }
          }

          for (let isDone = false, turns = 0; !isDone; turns++) {
            expect(turns).toBeLessThan(100);
            isDone = true;
            for (let shard = 0; shard < lastShards; shard++) {
              const publisherOf = (of: number) => kafka.producer(undefined, of);
              const running = runShard(tables, publisherOf, { shard }, lastShards, { rows, smallestRange });
              const outcome = await scheduler.waitFor(running);
              count(outcome);
              isDone &&=
                outcome.stopped === 'caught-up' &&
                outcome.deadLettered === 0 &&
                Object.values(outcome.emitted).every((rows) => rows === 0);
            }
          }
          expectEveryRowOnce(kafka, tables.tables);
          for (const { name } of STREAMS)
            expect(emitted[name]).toBeLessThanOrEqual(kafka.committed[name].length);
        },
      ),
      { numRuns: 600 },
    );
    expect(given).toBeGreaterThan(100);
    expect(orphaned).toBeGreaterThan(20);
  }, 120_000);

  function append(rows: MemoryRow[], added: readonly (readonly [bigint, string])[]): void {
    let key = rows.at(-1)?.key ?? -1n;
    added.forEach(([distance, text], index) => {
      // A row with the last key of before would come late.
      key += index === 0 && distance === 0n ? 1n : distance;
      rows.push({ key, text });
    });
  }

  function expectEveryRowOnce(kafka: MemoryKafka, tables: PerStream<MemoryRow[]>): void {
    const letters = kafka.committed.deadLetters.map(({ value }) => JSON.parse(`${value}`));
    for (const { name, table } of STREAMS) {
      const inTopic = kafka.committed[name].map(({ key, value }) => `${key} ${JSON.parse(`${value}`).text}`);
      const ofTable = letters.filter((letter) => letter.table === table);
      expect([...inTopic, ...ofTable.map(({ key }) => `${key} ${UNEMITTABLE}`)].sort()).toEqual(
        tables[name].map(({ key, text }) => `${key} ${text}`).sort(),
      );
    }
  }
});
