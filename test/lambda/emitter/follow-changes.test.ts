import fc from 'fast-check';
import { DryRunPublisher } from '../../../lambda/emitter/dry-run-publisher';
import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { type EmitEvent, parseEvent } from '../../../lambda/emitter/event';
import { summarise } from '../../../lambda/emitter/summary';
import { UnreachableError } from '../../../lambda/shared/errors';
import type { Message } from '../../../lambda/shared/message';
import { perStream, STREAMS } from '../../../lambda/shared/streams';
import { emitWith, never } from '../../support/emit-with';
import { foldedTopic } from '../../support/folded-topic';
import { type Fate, FaultSchedule, MemoryKafka, type MemoryRow, UNEMITTABLE } from '../../support/in-memory';
import { MemoryDatabase } from '../../support/memory-database';

const [PIN, GEO] = STREAMS;

interface RunOptions {
  readonly shards?: number;
  readonly rows?: number;
  readonly chunks?: number;
  readonly enough?: AbortSignal;
  readonly faults?: FaultSchedule;
  readonly deadline?: AbortSignal;
}

async function run(
  database: MemoryDatabase,
  kafka: MemoryKafka,
  event: EmitEvent = {},
  { shards = 1, rows = 4, chunks = 1, enough = never, deadline = never, faults }: RunOptions = {},
): Promise<EmitOutcome> {
  return await emitWith(
    {
      reader: database,
      log: database,
      publisherOf: (shard) => kafka.producer(faults, shard),
      deadline,
      enough,
      bounds: { rows, bytes: 1_000_000 },
      transaction: { chunks, milliseconds: Number.POSITIVE_INFINITY },
      smallestRange: 5n,
    },
    parseEvent(event, undefined, shards),
  );
}

const posts = (...keys: number[]): MemoryRow[] =>
  keys.map((key) => ({ key: BigInt(key), text: `row ${key}` }));
const withKey =
  (...keys: number[]) =>
  ({ key }: MemoryRow) =>
    keys.includes(Number(key));
const said = (messages: readonly Message[]) =>
  messages.map(({ key, value, headers }) =>
    [key, value === null ? null : JSON.parse(`${value}`).text, headers?.op].join(' '),
  );
const changesIn = (outcome: EmitOutcome) =>
  summarise('ada', { shard: 0, dryRun: false }, outcome, { lagKeys: perStream(() => 0), elapsedMs: 0 })
    .changes;

const folded = (messages: readonly Message[]): string[] =>
  foldedTopic(
    messages.map(({ key, value, headers }) => ({ key: `${key}`, value: `${value}`, op: headers?.op })),
    'text',
  );

const emittable = (rows: readonly MemoryRow[]): string[] =>
  rows
    .filter(({ key, text }) => key !== null && key >= 0n && text !== UNEMITTABLE)
    .map(({ key, text }) => `${key} ${text}`)
    .sort();

function expectFollowed(database: MemoryDatabase, kafka: MemoryKafka): void {
  for (const { name } of STREAMS)
    expect(folded(kafka.committed[name])).toEqual(emittable(database.tables[name]));
}

/** A database and a Kafka after a first run, and the messages that come after it. */
async function caughtUp(...keys: number[]) {
  const database = new MemoryDatabase();
  const kafka = new MemoryKafka();
  for (const stream of STREAMS) database.insert(stream, ...posts(...keys));
  const outcome = await run(database, kafka);
  const copied = perStream(({ name }) => kafka.committed[name].length);
  const news = ({ name }: (typeof STREAMS)[number]) => said(kafka.committed[name].slice(copied[name]));
  return { database, kafka, outcome, news };
}

describe('a change of a row that was emitted', () => {
  test('is followed: an update, a deletion, a key that comes late', async () => {
    const { database, kafka, outcome, news } = await caughtUp(2, 4, 6);
    database.change(PIN, withKey(4), [{ key: 4n, text: 'new' }]);
    database.change(PIN, withKey(2));
    database.insert(GEO, ...posts(3));

    const next = await run(database, kafka);

    expect(changesIn(outcome)).toEqual(perStream(() => 'followed'));
    expect(news(PIN)).toEqual(['2  d', '4 new u']);
    expect(news(GEO)).toEqual(['3 row 3 u']);
    expect(next).toMatchObject({ emitted: perStream(() => 0), followed: { pin: 2, geo: 1, user: 0 } });
    expectFollowed(database, kafka);
  });

  test('of several rows with one key is a tombstone, and all rows there are', async () => {
    const { database, kafka, news } = await caughtUp(1, 2, 2, 3);
    database.insert(PIN, { key: 2n, text: 'third' });
    database.change(GEO, ({ key, text }) => key === 2n && text === 'row 2', [{ key: 2n, text: 'only' }]);

    await run(database, kafka);

    expect(news(PIN)).toEqual(['2  d', '2 row 2 r', '2 row 2 r', '2 third r']);
    expect(news(GEO)).toEqual(['2 only u']);
  });

  test('of the key itself reads both keys again', async () => {
    const { database, kafka, news } = await caughtUp(1, 5, 9);
    database.change(PIN, withKey(5), [{ key: 3n, text: 'row 5' }]);

    await run(database, kafka);

    expect(news(PIN)).toEqual(['3 row 5 u', '5  d']);
  });

  test('that makes it impossible to emit is a tombstone and a dead letter', async () => {
    const { database, kafka, news } = await caughtUp(1, 2);
    database.change(PIN, withKey(2), [{ key: 2n, text: UNEMITTABLE }]);

    const outcome = await run(database, kafka);

    expect(news(PIN)).toEqual(['2  d']);
    expect(outcome.deadLettered).toBe(1);
    const [letter] = kafka.committed.deadLetters;
    expect(JSON.parse(`${letter?.value}`)).toMatchObject({ key: '2' });
    expect(letter?.headers?.gtid).toBe(kafka.committed.pin.at(-1)?.headers?.gtid);
    expect(letter?.headers?.gtid).toBeDefined();
  });

  test('carries the position of the log as of which the table was read', async () => {
    const { database, kafka } = await caughtUp(1);
    database.change(PIN, withKey(1), [{ key: 1n, text: 'new' }]);

    await run(database, kafka);

    expect(kafka.committed.pin.map(({ headers }) => headers)).toEqual([undefined, { op: 'u', gtid: '4' }]);
  });

  test('and the one before it make one record: what is between two runs is not told', async () => {
    const { database, kafka, news } = await caughtUp(1);
    for (const text of ['a', 'b', 'c']) database.change(PIN, withKey(1), [{ key: 1n, text }]);

    await run(database, kafka);

    expect(news(PIN)).toEqual(['1 c u']);
  });

  test('of a row that is still to be copied is copied with it, once', async () => {
    const { database, kafka } = await caughtUp(1);
    database.insert(PIN, ...posts(5));
    database.change(PIN, withKey(5), [{ key: 5n, text: 'new' }]);

    await run(database, kafka);

    expect(said(kafka.committed.pin)).toEqual(['1 row 1 ', '5 new ']);
  });
});

describe('a run', () => {
  test('makes no transaction when nothing has changed', async () => {
    const { database, kafka } = await caughtUp(1, 2);
    const { transactions } = kafka;

    await run(database, kafka);

    expect(kafka.transactions).toBe(transactions);
  });

  test('counts the posts that have changed towards its limit, and goes on from there', async () => {
    const { database, kafka, news } = await caughtUp(1, 2, 3, 4);
    for (const stream of [PIN, GEO]) database.change(stream, withKey(1, 2, 3));

    expect(await run(database, kafka, { limit: 2 })).toMatchObject({ stopped: 'limit' });
    expect([news(PIN), news(GEO)]).toEqual([
      ['1  d', '2  d'],
      ['1  d', '2  d'],
    ]);
    expect(kafka.checkpoint.pin.steps).toEqual([
      { end: 3n, gtid: '5' },
      { end: 5n, gtid: '3' },
    ]);
    expect(await run(database, kafka)).toMatchObject({ stopped: 'caught-up' });
    expect(news(PIN)).toEqual(['1  d', '2  d', '3  d']);
  });

  test('of some tables leaves the changes of the others to the next one', async () => {
    const { database, kafka, news } = await caughtUp(1, 2);
    for (const stream of STREAMS) database.change(stream, withKey(1));

    const outcome = await run(database, kafka, { tables: ['pinterest_data'] });

    expect([news(PIN), news(GEO)]).toEqual([['1  d'], []]);
    expect(changesIn(outcome)).toMatchObject({ pin: 'followed', geo: 'not part of this run' });
    await run(database, kafka);
    expectFollowed(database, kafka);
  });

  test('that writes nothing follows nothing', async () => {
    const { database, kafka, news } = await caughtUp(1, 2);
    const { transactions } = kafka;
    database.change(PIN, withKey(1));
    const { checkpoint } = kafka;
    const reading = kafka.producer();
    const publisher = new DryRunPublisher({
      committedCheckpoint: async () => checkpoint,
      rangeOf: (shard) => reading.rangeOf(shard),
      discard: async () => {},
    });
    const outcome = await emitWith(
      { reader: database, log: database, publisherOf: () => publisher },
      parseEvent({ dryRun: true }, undefined),
    );

    expect(outcome.followed.pin).toBe(1);
    expect(news(PIN)).toEqual([]);
    expect(kafka.transactions).toBe(transactions);
  });

  test('that has read enough of the log says that it is behind, and the next ones catch up', async () => {
    const { database, kafka } = await caughtUp(1, 2, 3);
    for (const key of [1, 2, 3]) database.change(PIN, withKey(key));

    const runs = [];
    for (let turn = 0; turn < 4; turn++)
      runs.push((await run(database, kafka, {}, { enough: AbortSignal.abort() })).stopped);

    expect(runs[0]).toBe('deadline');
    expect(runs.at(-1)).toBe('caught-up');
    expectFollowed(database, kafka);
  });

  test('with a smaller `from` emits rows again, and follows them from then on', async () => {
    const { database, kafka } = await caughtUp(1, 2, 3);
    await run(database, kafka, { from: 2 });

    expect(said(kafka.committed.pin)).toEqual(['1 row 1 ', '2 row 2 ', '3 row 3 ', '2 row 2 ', '3 row 3 ']);
    database.change(PIN, withKey(1, 3));
    await run(database, kafka);
    expect(said(kafka.committed.pin).slice(5)).toEqual(['1  d', '3  d']);
  });

  test('with a larger `from` leaves rows out, until they change', async () => {
    const { database, kafka, news } = await caughtUp(1);
    database.insert(PIN, ...posts(2, 3, 4));
    await run(database, kafka, { from: { pinterest_data: 4 } });
    database.change(PIN, withKey(2), [{ key: 2n, text: 'new' }]);
    await run(database, kafka);

    expect(news(PIN)).toEqual(['4 row 4 ', '2 new u']);
  });

  test('with a `from` behind the last row follows all that it has left out', async () => {
    const { database, kafka, news } = await caughtUp(1);
    database.insert(PIN, ...posts(2));
    await run(database, kafka, { from: { pinterest_data: 9 } });
    database.change(PIN, withKey(1, 2), [{ key: 2n, text: 'new' }]);
    await run(database, kafka);

    expect(news(PIN)).toEqual(['1  d', '2 new u']);
  });
});

describe('where changes cannot be followed', () => {
  test('rows are copied, and the summary says why', async () => {
    const database = new MemoryDatabase();
    const kafka = new MemoryKafka();
    database.isReadable = false;
    database.insert(PIN, ...posts(1));

    const outcome = await run(database, kafka);

    expect(changesIn(outcome)).toEqual(perStream(() => 'copied-only (the login may not read the log)'));
    expect(said(kafka.committed.pin)).toEqual(['1 row 1 ']);
  });

  test('any more, the run fails by name', async () => {
    const { database, kafka, news } = await caughtUp(1);
    database.change(PIN, withKey(1));
    database.isReadable = false;
    await expect(run(database, kafka)).rejects.toMatchObject({ name: 'LogRefusedError' });
    database.refused = { refused: 'log', reason: 'binlog_format is MIXED' };
    await expect(run(database, kafka)).rejects.toThrow('binlog_format is MIXED');

    expect(news(PIN)).toEqual([]);
  });

  test('of a table any more, the stream has lost changes', async () => {
    const { database, kafka } = await caughtUp(1);
    database.refused = { refused: 'table', reason: 'the foreign key f changes rows' };

    const outcome = await run(database, kafka);

    expect(changesIn(outcome).pin).toBe('reconcile (the foreign key f changes rows)');
  });

  test('although rows were emitted before, what is to be followed begins now, and the past is a loss', async () => {
    const database = new MemoryDatabase();
    const kafka = new MemoryKafka();
    database.isReadable = false;
    database.insert(PIN, ...posts(1, 2));
    await run(database, kafka);
    database.change(PIN, withKey(1));
    database.isReadable = true;

    const outcome = await run(database, kafka);
    database.change(PIN, withKey(2), [{ key: 2n, text: 'new' }]);
    await run(database, kafka);

    expect(changesIn(outcome)).toMatchObject({ pin: expect.stringMatching(/^reconcile/), geo: 'followed' });
    expect(said(kafka.committed.pin)).toEqual(['1 row 1 ', '2 row 2 ', '2 new u']);
  });
});

describe('a log that does not say what has changed', () => {
  test.each([
    ['is purged', (database: MemoryDatabase) => database.purge(), 'the log is purged'],
    ['has a TRUNCATE', (database: MemoryDatabase) => database.truncate(PIN), 'TRUNCATE pinterest_data'],
  ])('because it %s, is a loss, and new rows and later changes are followed', async (_, lose, reason) => {
    const { database, kafka } = await caughtUp(1, 2);
    database.change(PIN, withKey(1));
    lose(database);
    database.insert(PIN, ...posts(7));

    const outcome = await run(database, kafka);

    expect(changesIn(outcome).pin).toBe(`reconcile (${reason})`);
    expect(said(kafka.committed.pin)).toContain('7 row 7 ');
    database.change(PIN, withKey(7));
    const next = await run(database, kafka);
    expect(changesIn(next).pin).toBe(`reconcile (${reason})`);
    expect(said(kafka.committed.pin).at(-1)).toBe('7  d');
  });

  test('is made up for by reading keys again; a loss after that one is not', async () => {
    const { database, kafka } = await caughtUp(1, 2, 3);
    database.truncate(PIN);
    const lost = await run(database, kafka);
    const reconciled = { pinterest_data: lost.checkpoint.pin.loss?.id as string };
    const keys = { pinterest_data: ['1', '2', '3', '999'] };

    await run(database, kafka, { keys, reconciled: { pinterest_data: 'another' } });
    expect(kafka.checkpoint.pin.loss?.reason).toBe('TRUNCATE pinterest_data');
    const outcome = await run(database, kafka, { keys, reconciled });

    expect(changesIn(outcome).pin).toBe('followed');
    expect(outcome).toMatchObject({ followed: { pin: 3 }, stopped: 'caught-up' });
    expectFollowed(database, kafka);
  });
});

describe('keys that an event names', () => {
  test('are read again where there is no log, too, and carry no position', async () => {
    const database = new MemoryDatabase();
    const kafka = new MemoryKafka();
    database.refused = { refused: 'log', reason: 'there is none' };
    database.insert(PIN, ...posts(1, 2));
    await run(database, kafka);
    database.change(PIN, withKey(1));

    await run(database, kafka, { keys: { pinterest_data: ['2', '1', 1] } });

    expect(kafka.committed.pin.slice(2)).toEqual([
      { key: '1', value: null, headers: { op: 'd', asked: 'yes' } },
      { key: '2', value: expect.any(Buffer), headers: { op: 'u', asked: 'yes' } },
    ]);
  });

  test('and are still to be copied are left to the next run', async () => {
    const { database, kafka, news } = await caughtUp(1);
    database.insert(PIN, ...posts(5));

    await run(database, kafka, { keys: { pinterest_data: ['1', '5'] } });
    await run(database, kafka);

    expect(news(PIN)).toEqual(['1 row 1 u', '5 row 5 ']);
  });
});

describe('with shards', () => {
  test('each follows its range while it has one, and the primary afterwards', async () => {
    const database = new MemoryDatabase();
    const kafka = new MemoryKafka();
    database.insert(PIN, ...posts(...Array(30).keys()));
    await run(database, kafka, {}, { shards: 3 });
    await run(database, kafka, { shard: 1, limit: 4 }, { shards: 3 });
    database.change(
      PIN,
      withKey(1, 8, 25),
      [1, 8, 25].map((key) => ({ key: BigInt(key), text: 'new' })),
    );
    await run(database, kafka, {}, { shards: 3 });
    expect(said(kafka.committed.pin).filter((text) => text.includes('new'))).toEqual(['25 new u']);
    for (const shard of [1, 2]) await run(database, kafka, { shard }, { shards: 3 });
    expectFollowed(database, kafka);

    database.change(PIN, withKey(2, 12, 26));
    await run(database, kafka, {}, { shards: 3 });

    expectFollowed(database, kafka);
    expect(kafka.checkpoint.pin.steps).toHaveLength(1);
  });
});

describe('whatever happens to the tables, and whatever fails', () => {
  const key = fc.bigInt(0n, 24n);
  const text = fc.constantFrom('a', 'b', 'c', UNEMITTABLE);
  const kept = [
    fc.record({ kind: fc.constant('insert' as const), stream: fc.constantFrom(...STREAMS), key, text }),
    fc.record({ kind: fc.constant('update' as const), stream: fc.constantFrom(...STREAMS), key, text }),
    fc.record({ kind: fc.constant('move' as const), stream: fc.constantFrom(...STREAMS), key, to: key }),
    fc.record({ kind: fc.constant('delete' as const), stream: fc.constantFrom(...STREAMS), key }),
    fc.record({ kind: fc.constant('append' as const), stream: fc.constantFrom(...STREAMS), text }),
  ] as const;
  const losing = [
    fc.record({ kind: fc.constant('truncate' as const), stream: fc.constantFrom(...STREAMS) }),
    fc.record({ kind: fc.constant('purge' as const) }),
  ] as const;
  const changes = { kept: fc.oneof(...kept), losing: fc.oneof(...kept, ...kept, ...losing) };
  type Change = typeof changes.losing extends fc.Arbitrary<infer T> ? T : never;
  const runStep = fc.record({
    kind: fc.constant('run' as const),
    shard: fc.nat(2),
    shards: fc.integer({ min: 1, max: 3 }),
    limit: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    isHasty: fc.boolean(),
    fates: fc.array(fc.constantFrom<Fate>('done', 'done', 'done', 'refused', 'answer-lost'), {
      maxLength: 12,
    }),
  });
  const LAST = 24n;

  /** Does one step of a history to a database. */
  function apply(database: MemoryDatabase, step: Change): void {
    if (step.kind === 'purge') database.purge();
    else if (step.kind === 'truncate') database.truncate(step.stream);
    else if (step.kind === 'insert') database.insert(step.stream, { key: step.key, text: step.text });
    else if (step.kind === 'append') {
      const keys = database.tables[step.stream.name].map((row) => row.key ?? 0n);
      const top = keys.reduce((a, b) => (a > b ? a : b), LAST);
      database.insert(step.stream, { key: top + 1n, text: step.text });
    } else {
      const isPicked = (row: MemoryRow) => row.key === step.key;
      const picked = database.tables[step.stream.name].filter(isPicked);
      const changed = {
        delete: () => [],
        update: () => picked.map((row) => ({ ...row, text: step.kind === 'update' ? step.text : '' })),
        move: () => picked.map((row) => ({ ...row, key: step.kind === 'move' ? step.to : 0n })),
      }[step.kind]();
      database.change(step.stream, isPicked, changed);
    }
  }

  test.each([
    ['the topics follow the tables', changes.kept, false],
    ['after a loss they do once they are reconciled', changes.losing, true],
  ])('%s', async (_, change, mayLose) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 3, arbitrary: change }, { weight: 1, arbitrary: runStep }), {
          maxLength: 60,
        }),
        fc.array(change, { maxLength: 40 }),
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.boolean()),
        async (history, meanwhile, keptKeys, chunks, seen) => {
          let isWriting = false;
          const database = new MemoryDatabase(keptKeys, async () => {
            const next = isWriting ? meanwhile.shift() : undefined;
            if (next !== undefined) apply(database, next);
          });
          const kafka = new MemoryKafka(undefined, () => seen.next().value);
          for (const step of history) {
            if (step.kind !== 'run') {
              apply(database, step);
              continue;
            }
            const { limit, shards, isHasty, fates } = step;
            isWriting = true;
            database.failWith(new FaultSchedule(fates.slice(6)));
            await run(
              database,
              kafka,
              { shard: Math.min(step.shard, shards - 1), ...(limit !== undefined && { limit }) },
              {
                shards,
                chunks,
                faults: new FaultSchedule(fates.slice(0, 6)),
                enough: isHasty ? AbortSignal.abort() : never,
              },
            ).catch((error: unknown) => expect(error).toBeInstanceOf(UnreachableError));
            isWriting = false;
          }
          database.failWith(new FaultSchedule());
          const losses = await catchUp(database, kafka);
          if (!mayLose) expect(losses).toEqual({});
          else if (Object.keys(losses).length > 0) {
            const all = [...Array(Number(LAST) + 101).keys()].map(String);
            const keys = Object.fromEntries(STREAMS.map(({ table }) => [table, all]));
            await run(database, kafka, { keys, reconciled: losses });
          }
          expectFollowed(database, kafka);
          expect(await catchUp(database, kafka)).toEqual({});
        },
      ),
      { numRuns: 400 },
    );
  });

  /** Runs all shards until nothing is left; returns the losses by table. */
  async function catchUp(database: MemoryDatabase, kafka: MemoryKafka): Promise<Record<string, string>> {
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(20);
      const { transactions } = kafka;
      for (const shard of [0, 1, 2]) await run(database, kafka, { shard }, { shards: 3 });
      if (kafka.transactions === transactions) break;
    }
    const { checkpoint } = kafka;
    return Object.fromEntries(
      STREAMS.flatMap(({ name, table }) => {
        const { loss } = checkpoint[name];
        return loss === undefined ? [] : [[table, loss.id]];
      }),
    );
  }
});
