import fc from 'fast-check';
import type { EmitOutcome } from '../../../lambda/emitter/emit';
import { type EmitRequest, parseEvent } from '../../../lambda/emitter/event';
import type { TableReader, TopicPublisher } from '../../../lambda/emitter/ports';
import { MOST_FAILURES } from '../../../lambda/emitter/retry';
import { MOST_SHARDS } from '../../../lambda/shared/environment';
import { CheckpointError, TableError, UnreachableError } from '../../../lambda/shared/errors';
import { type PerStream, perStream, STREAMS } from '../../../lambda/shared/streams';
import { emitWith, everything, never } from '../../support/emit-with';
import {
  type Fate,
  FaultSchedule,
  MemoryKafka,
  type MemoryRow,
  MemoryTables,
  UNEMITTABLE,
} from '../../support/in-memory';

async function run(
  reader: TableReader,
  publisher: TopicPublisher,
  request: EmitRequest = everything,
  { deadline = never, bounds = { rows: 4, bytes: 1_000_000 }, chunks = 1, sleep = async () => {} } = {},
): Promise<EmitOutcome> {
  const transaction = { chunks, milliseconds: Number.POSITIVE_INFINITY };
  return await emitWith(
    { reader, publisherOf: () => publisher, deadline, bounds, sleep, transaction },
    request,
  );
}

const posts = (...keys: number[]): MemoryRow[] =>
  keys.map((key) => ({ key: BigInt(key), text: `row ${key}` }));
const keysIn = (kafka: MemoryKafka) =>
  perStream(({ name }) => kafka.committed[name].map(({ key }) => Number(key)));
const nextKeys = ({ checkpoint }: Pick<MemoryKafka, 'checkpoint'>) =>
  perStream(({ name }) => Number(checkpoint[name].nextKey));

describe('a run', () => {
  test('copies every row of every table and leaves the checkpoint behind the last key of each', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 5), geo: posts(1, 2), user: posts(2, 9) });
    const kafka = new MemoryKafka();

    const outcome = await run(tables, kafka.producer());

    expect(outcome).toMatchObject({
      emitted: { pin: 3, geo: 2, user: 2 },
      deadLettered: 0,
      stopped: 'caught-up',
    });
    expect(keysIn(kafka)).toEqual({ pin: [1, 2, 5], geo: [1, 2], user: [2, 9] });
    expect(nextKeys(kafka)).toEqual({ pin: 6, geo: 3, user: 10 });
  });

  test('emits only what is new since the last one, and later rows of a table that lagged behind', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 3), geo: posts(1), user: posts(1, 2, 3) });
    const kafka = new MemoryKafka();
    await run(tables, kafka.producer());

    tables.tables.geo.push(...posts(2, 3));
    tables.tables.pin.push(...posts(4));
    const outcome = await run(tables, kafka.producer());

    expect(outcome.emitted).toEqual({ pin: 1, geo: 2, user: 0 });
    expect(keysIn(kafka)).toEqual({ pin: [1, 2, 3, 4], geo: [1, 2, 3], user: [1, 2, 3] });
  });

  test('makes no transaction when there is nothing new', async () => {
    const kafka = new MemoryKafka();

    const outcome = await run(new MemoryTables({ pin: [], geo: [], user: [] }), kafka.producer());

    expect(outcome).toMatchObject({ emitted: { pin: 0, geo: 0, user: 0 }, stopped: 'caught-up' });
    expect(kafka.transactions).toBe(0);
  });

  test('stops at the limit of posts, with all rows of each', async () => {
    const tables = new MemoryTables({ pin: posts(1, 1, 2, 3), geo: posts(1, 3), user: posts(2, 4) });
    const kafka = new MemoryKafka();

    const outcome = await run(tables, kafka.producer(), { ...everything, limit: 2 });

    expect(outcome.stopped).toBe('limit');
    expect(keysIn(kafka)).toEqual({ pin: [1, 1, 2], geo: [1], user: [2] });
  });

  test('counts what it committed before a failure towards the limit', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 3, 4, 5, 6, 7, 8), geo: [], user: [] });
    const kafka = new MemoryKafka();
    const faults = new FaultSchedule(['done', 'done', 'done', 'refused']);

    const outcome = await run(
      tables,
      kafka.producer(faults),
      { ...everything, limit: 4 },
      { bounds: { rows: 2, bytes: 1_000_000 } },
    );

    expect(outcome).toMatchObject({ stopped: 'limit', emitted: { pin: 4 } });
    expect(keysIn(kafka).pin).toEqual([1, 2, 3, 4]);
  });

  test('is caught up when the limit ends with the tables', async () => {
    const outcome = await run(
      new MemoryTables({ pin: posts(1, 2), geo: posts(1, 2), user: posts(1, 2) }),
      new MemoryKafka().producer(),
      { ...everything, limit: 2 },
    );

    expect(outcome.stopped).toBe('caught-up');
  });

  test('begins no chunk after the deadline', async () => {
    const kafka = new MemoryKafka();

    const outcome = await run(
      new MemoryTables({ pin: posts(1), geo: [], user: [] }),
      kafka.producer(),
      everything,
      { deadline: AbortSignal.abort() },
    );

    expect(outcome.stopped).toBe('deadline');
    expect(kafka.transactions).toBe(0);
  });

  test.each(['unkeyedRows', 'rowsFrom', 'batches'] as const)(
    'ends at the deadline when the database falls silent in its %s',
    async (place) => {
      const tables = new MemoryTables({ pin: posts(1), geo: [], user: [] });
      const silence = () => new Promise<never>(() => {});
      if (place !== 'batches') tables[place] = silence;
      else {
        tables.rowsFrom = async () => ({ next: silence });
      }

      const outcome = await run(tables, new MemoryKafka().producer(), everything, {
        deadline: AbortSignal.timeout(50),
      });

      expect(outcome).toMatchObject({ stopped: 'deadline', emitted: { pin: 0 } });
      expect(tables.closed).toBe(1);
    },
  );

  test('gives up the rows of an unfinished key at the deadline, rather than hold back consumers', async () => {
    const tables = new MemoryTables({ pin: posts(...Array<number>(20).fill(7)), geo: [], user: [] });
    const kafka = new MemoryKafka();
    const publisher = kafka.producer();
    const deadline = new AbortController();
    const send = publisher.send.bind(publisher);
    publisher.send = async (batch) => {
      await send(batch);
      deadline.abort();
    };
    const discard = jest.spyOn(publisher, 'discard');

    const outcome = await run(tables, publisher, everything, { deadline: deadline.signal });

    expect(outcome).toMatchObject({ stopped: 'deadline', emitted: { pin: 0 } });
    expect(discard).toHaveBeenCalledTimes(1);
    expect((await run(tables, publisher)).emitted.pin).toBe(20);
    expect(keysIn(kafka).pin).toHaveLength(20);
  });

  test('with `tables` leaves the others and their checkpoints alone', async () => {
    const tables = new MemoryTables({ pin: posts(1), geo: posts(1), user: posts(1) });
    const kafka = new MemoryKafka();

    await run(tables, kafka.producer(), { ...everything, streams: ['geo'] });

    expect(nextKeys(kafka)).toEqual({ pin: 0, geo: 2, user: 0 });
    expect(keysIn(kafka)).toEqual({ pin: [], geo: [1], user: [] });
  });

  test('with `from` emits again from that key on', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 3), geo: [], user: [] });
    const kafka = new MemoryKafka();
    await run(tables, kafka.producer());

    await run(tables, kafka.producer(), parseEvent({ from: 3 }, undefined));

    expect(keysIn(kafka).pin).toEqual([1, 2, 3, 3]);
  });

  test('with `from` goes on from there when the commit of the first rows is lost', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 3), geo: [], user: [] });
    const kafka = new MemoryKafka();
    await run(tables, kafka.producer());
    const lostCommit: Fate[] = ['done', 'done', 'done', 'refused'];

    await run(tables, kafka.producer(new FaultSchedule(lostCommit)), parseEvent({ from: 3 }, undefined));

    expect(keysIn(kafka).pin).toEqual([1, 2, 3, 3]);
  });

  test('with `from` for each table sets these and no others', async () => {
    const tables = new MemoryTables({ pin: posts(1, 2, 3), geo: posts(1, 2), user: posts(1, 2) });
    const kafka = new MemoryKafka();
    await run(tables, kafka.producer());

    const from = { pinterest_data: '3', user_data: 1 };
    await run(tables, kafka.producer(), parseEvent({ from }, undefined));

    expect(keysIn(kafka)).toEqual({ pin: [1, 2, 3, 3], geo: [1, 2], user: [1, 2, 1, 2] });
  });
});

describe('a position that somebody else wrote', () => {
  const tables = new MemoryTables({ pin: posts(1, 2, 3), geo: posts(1), user: posts(1) });
  /** Kafka after a run, and somebody who has written the position of pins since. */
  const withStranger = async (): Promise<MemoryKafka> => {
    const kafka = new MemoryKafka();
    await run(tables, kafka.producer());
    kafka.foreign.set(0, new Set(['pin']));
    return kafka;
  };

  test('ends the run at once', async () => {
    const kafka = await withStranger();
    const { transactions } = kafka;
    const sleep = jest.fn(async () => {});

    await expect(run(tables, kafka.producer(), everything, { sleep })).rejects.toThrow(CheckpointError);

    expect(sleep).not.toHaveBeenCalled();
    expect(kafka.transactions).toBe(transactions);
  });

  test('is replaced by `from`, also when the first try fails, and of other tables it is not', async () => {
    const kafka = await withStranger();
    const request = parseEvent({ from: { pinterest_data: 3 } }, undefined);
    const lostCommit = new FaultSchedule(['done', ...Array<Fate>(MOST_SHARDS - 1).fill('done'), 'refused']);

    await run(tables, kafka.producer(lostCommit), request);

    expect(keysIn(kafka)).toEqual({ pin: [1, 2, 3, 3], geo: [1], user: [1] });
    kafka.foreign.set(0, new Set(['geo']));
    await expect(run(tables, kafka.producer(), request)).rejects.toThrow(CheckpointError);
  });

  test('in the group of a shard ends the run of the shard and of the primary, until `from` replaces it', async () => {
    const kafka = await withStranger();
    kafka.foreign.set(2, new Set(['geo', 'user']));
    const shard = { ...everything, shard: 2, shards: 3 };

    await expect(run(tables, kafka.producer(undefined, 2), shard)).rejects.toThrow(CheckpointError);
    await run(tables, kafka.producer(), parseEvent({ from: 4 }, undefined));

    expect(await run(tables, kafka.producer(undefined, 2), shard)).toMatchObject({ stopped: 'caught-up' });
    expect(keysIn(kafka)).toEqual({ pin: [1, 2, 3], geo: [1], user: [1] });
  });
});

describe('rows that cannot be emitted', () => {
  test('become dead letters with their table, key and reason, and the run goes on', async () => {
    const pin = [...posts(1), { key: 2n, text: UNEMITTABLE }, ...posts(3)];
    const kafka = new MemoryKafka();

    const outcome = await run(new MemoryTables({ pin, geo: [], user: [] }), kafka.producer());

    expect(outcome).toMatchObject({ emitted: { pin: 2 }, deadLettered: 1 });
    expect(kafka.committed.deadLetters.map(({ value }) => JSON.parse(`${value}`))).toEqual([
      { table: 'pinterest_data', key: '2', reason: 'column text holds bytes that are not UTF-8', row: null },
    ]);
  });

  test('without a usable key are dead letters once, and all of them again when one is added', async () => {
    const user: MemoryRow[] = [
      { key: null, text: 'a' },
      { key: -1n, text: 'b' },
      { key: 9_223_372_036_854_775_807n, text: 'c' },
    ];
    const tables = new MemoryTables({ pin: [], geo: [], user });
    const kafka = new MemoryKafka();

    expect((await run(tables, kafka.producer())).deadLettered).toBe(3);
    expect((await run(tables, kafka.producer())).deadLettered).toBe(0);
    user.push({ key: null, text: 'd' });
    expect((await run(tables, kafka.producer())).deadLettered).toBe(4);
    user.length = 0;
    expect((await run(tables, kafka.producer())).deadLettered).toBe(0);
    expect(kafka.checkpoint.user.unkeyed).toBe('');
  });
});

describe('failures', () => {
  const tables = () => new MemoryTables({ pin: posts(1, 2), geo: posts(1, 2), user: posts(1, 2) });

  test.each<Fate>(['refused', 'answer-lost'])(
    'a commit that is %s is neither lost nor repeated, and counted once',
    async (fate) => {
      const kafka = new MemoryKafka();
      const faults = new FaultSchedule(['done', 'done', fate]);

      const outcome = await run(tables(), kafka.producer(faults));

      expect(outcome.emitted).toEqual({ pin: 2, geo: 2, user: 2 });
      expect(keysIn(kafka)).toEqual({ pin: [1, 2], geo: [1, 2], user: [1, 2] });
    },
  );

  test('a commit that is refused, and then made by a newer run, is counted by that one only', async () => {
    const kafka = new MemoryKafka();
    let newer: EmitOutcome | undefined;
    const sleep = async () => {
      newer = await run(tables(), kafka.producer());
    };

    const outcome = await run(
      tables(),
      kafka.producer(new FaultSchedule(['done', 'done', 'refused'])),
      everything,
      {
        sleep,
      },
    );

    expect(newer?.emitted).toEqual({ pin: 2, geo: 2, user: 2 });
    expect(outcome.emitted).toEqual({ pin: 0, geo: 0, user: 0 });
    expect(outcome.stopped).toBe('caught-up');
    expect(keysIn(kafka)).toEqual({ pin: [1, 2], geo: [1, 2], user: [1, 2] });
  });

  test('without any commit in between end the run after five tries', async () => {
    const refusals = Array.from<Fate>({ length: MOST_FAILURES }).fill('refused');

    await expect(run(tables(), new MemoryKafka().producer(new FaultSchedule(refusals)))).rejects.toThrow(
      UnreachableError,
    );
  });

  test('that trying again cannot mend end the run at once', async () => {
    const reader = tables();
    reader.rowsFrom = async () => {
      throw new TableError('no such table');
    };

    await expect(run(reader, new MemoryKafka().producer())).rejects.toThrow(TableError);
  });

  test('a newer run makes this one stop without an error', async () => {
    const kafka = new MemoryKafka();
    const older = kafka.producer();
    const openOlder = older.open.bind(older);
    older.open = async () => {
      const checkpoint = await openOlder();
      await kafka.producer().open();
      return checkpoint;
    };

    const outcome = await run(tables(), older);

    expect(outcome).toMatchObject({ stopped: 'fenced', emitted: { pin: 0 } });
    expect(kafka.transactions).toBe(0);
  });
});

describe('whatever the tables and whatever fails', () => {
  const row = fc.record({
    key: fc.oneof(
      { weight: 12, arbitrary: fc.bigInt(0n, 12n) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(null, -1n, 9_223_372_036_854_775_806n, 9_223_372_036_854_775_807n),
      },
    ),
    text: fc.constantFrom('a', 'b', UNEMITTABLE),
  });
  const table = fc.array(row, { maxLength: 25 });
  const fates = fc.array(fc.constantFrom<Fate>('done', 'done', 'done', 'refused', 'answer-lost'), {
    maxLength: 60,
  });

  test('the topics hold every row once, and the rest are dead letters', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        table,
        table,
        fates,
        fates,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (pin, geo, user, read, write, limit, rows, chunks) => {
          const tables: PerStream<MemoryRow[]> = { pin, geo, user };
          const readFaults = new FaultSchedule(read);
          const writeFaults = new FaultSchedule(write);
          const kafka = new MemoryKafka();
          const emitted = perStream(() => 0);
          for (let stopped = '', runs = 0; stopped !== 'caught-up'; runs++) {
            expect(runs).toBeLessThan(200);
            try {
              const request = { ...everything, limit };
              const outcome = await run(
                new MemoryTables(tables, readFaults, 2),
                kafka.producer(writeFaults),
                request,
                { bounds: { rows, bytes: 1_000_000 }, chunks },
              );
              stopped = outcome.stopped;
              for (const { name } of STREAMS) emitted[name] += outcome.emitted[name];
            } catch (error) {
              expect(error).toBeInstanceOf(UnreachableError);
            }
          }
          for (const { name, table } of STREAMS) {
            const usable = tables[name].filter(
              ({ key }) => key !== null && key >= 0n && key <= 9_223_372_036_854_775_806n,
            );
            const good = usable.filter(({ text }) => text !== UNEMITTABLE);
            const inTopic = kafka.committed[name].map(
              ({ key, value }) => `${key} ${JSON.parse(`${value}`).text}`,
            );
            expect(inTopic.sort()).toEqual(good.map(({ key, text }) => `${key} ${text}`).sort());
            expect(emitted[name]).toBeLessThanOrEqual(good.length);
            const letters = kafka.committed.deadLetters.map(({ value }) => JSON.parse(`${value}`));
            const ofTable = letters.filter((letter) => letter.table === table);
            expect(ofTable.filter(({ key }) => key !== null)).toHaveLength(usable.length - good.length);
            expect(ofTable.filter(({ key }) => key === null)).toHaveLength(
              tables[name].length - usable.length,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
