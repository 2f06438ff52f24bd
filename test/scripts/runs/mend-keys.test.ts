import type { EmitEvent } from '../../../lambda/emitter/event';
import type { EmitSummary } from '../../../lambda/emitter/summary';
import { perStream, STREAMS, type StreamName, topicOf } from '../../../lambda/shared/streams';
import { DifferingKeys } from '../../../lambda/verifier/differing-keys';
import type { VerificationReport } from '../../../lambda/verifier/report';
import type { KeysRequest } from '../../../lambda/verifier/verify';
import { mendKeys } from '../../../scripts/runs/mend-keys';
import type { MendablePipeline } from '../../../scripts/runs/mendable-pipeline';
import { silentProgress } from '../../../scripts/terminal/progress';

/** Calls of the fake, in short. */
type Call = EmitEvent | { readonly verify: KeysRequest | undefined };

/** A pipeline whose topics differ from their tables in some keys, until these are read again. */
class FakePipeline implements MendablePipeline {
  readonly calls: Call[] = [];
  readonly differing = perStream(() => new Set<string>());
  losses: Partial<Record<StreamName, string>> = {};
  checkpoint = perStream(() => '1000000');
  /** Keys that differ whatever is done about them. */
  readonly lasting = new Set<string>();
  /** Keys that begin to differ while a comparison goes on. */
  late: readonly string[] = [];
  unknownDeadLetters = 0;
  caughtUp = true;

  readonly emit = async (event: EmitEvent): Promise<EmitSummary> => {
    this.calls.push(event);
    for (const { name, table } of STREAMS) {
      for (const key of event.keys?.[table] ?? [])
        if (!this.lasting.has(`${key}`)) this.differing[name].delete(`${key}`);
      if (event.reconciled?.[table] === this.losses[name]) delete this.losses[name];
    }
    return {
      ...{ userId: 'ada', shard: 0, emitted: perStream(() => 0), deadLettered: 0, elapsedMs: 1 },
      ...{ followed: perStream(() => 0), behind: { seconds: 0, bytes: 0 } },
      ...{ checkpoint: this.checkpoint, lagKeys: perStream(() => 0) },
      caughtUp: this.caughtUp,
      stopped: this.caughtUp ? 'caught-up' : 'fenced',
      changes: perStream(({ name }) => (this.losses[name] ? 'reconcile (purged)' : 'followed')),
      losses: { ...this.losses },
    };
  };

  readonly verify = async (keys?: KeysRequest): Promise<VerificationReport> => {
    this.calls.push({ verify: keys });
    const streams = perStream(({ name, table }) => {
      const page = new DifferingKeys(keys?.limit ?? 1, keys?.after?.[table]);
      for (const key of this.differing[name]) page.add(key);
      return {
        ...{
          topic: topicOf('ada', name),
          table,
          rows: 5,
          records: 5,
          lastKey: '7',
          deadLettered: 0,
          extra: 0,
        },
        ...{
          changed: 0,
          duplicate: 0,
          strayDeadLetters: 0,
          digest: { table: 'a', topic: 'a' },
          examples: [],
        },
        equal: this.differing[name].size === 0,
        missing: this.differing[name].size,
        ...(keys && { differing: page.page }),
      };
    });
    for (const key of this.late) this.differing.pin.add(key);
    this.late = [];
    const equal = Object.values(streams).every((stream) => stream.equal) && this.unknownDeadLetters === 0;
    return { equal, streams, unknownDeadLetters: this.unknownDeadLetters, elapsedMs: 1 };
  };

  get emitted(): EmitEvent[] {
    return this.calls.filter((call): call is EmitEvent => !('verify' in call));
  }
}

let pipeline: FakePipeline;
let notes: string[];

beforeEach(() => {
  pipeline = new FakePipeline();
  notes = [];
});

const mend = () => mendKeys(pipeline, { ...silentProgress, note: (text) => void notes.push(text) });

const ASKED = { verify: { limit: 60_000, after: undefined } };

test('equal topics without losses are left as they are', async () => {
  expect(await mend()).toMatchObject({ equal: true });
  expect(pipeline.calls).toEqual([{}, ASKED]);
  expect(notes).toEqual([]);
});

test('keys that differ are read again, and the topics compared again', async () => {
  pipeline.differing.pin.add('12').add('7');
  pipeline.differing.user.add('9');

  const report = await mend();

  expect(report).toMatchObject({ equal: true });
  expect(report.streams.pin).not.toHaveProperty('differing');
  expect(pipeline.calls).toEqual([
    {},
    ASKED,
    { keys: { pinterest_data: ['7', '12'], user_data: ['9'] } },
    {},
    ASKED,
  ]);
});

test('a loss is made up for with the last keys, also where none differs', async () => {
  pipeline.losses = { geo: 'loss-1' };
  expect(await mend()).toMatchObject({ equal: true });
  expect(pipeline.emitted).toEqual([{}, { keys: {}, reconciled: { geolocation_data: 'loss-1' } }, {}]);
  expect(notes).toEqual(['Changes of geolocation_data were lost: reconcile (purged).']);

  pipeline = new FakePipeline();
  pipeline.losses = { geo: 'loss-2', pin: 'loss-3' };
  for (let key = 0; key < 10_001; key += 1) pipeline.differing.pin.add(`${key}`);
  expect(await mend()).toMatchObject({ equal: true });
  const [, first, second] = pipeline.emitted;
  expect(first?.keys?.pinterest_data).toHaveLength(10_000);
  expect(first).not.toHaveProperty('reconciled');
  expect(second).toEqual({
    keys: { pinterest_data: ['10000'] },
    reconciled: { pinterest_data: 'loss-3', geolocation_data: 'loss-2' },
  });
});

test('a loss that came after the comparison stays noted', async () => {
  pipeline.losses = { pin: 'old' };
  const { verify } = pipeline;
  let isFirst = true;
  const report = await mendKeys(
    {
      emit: pipeline.emit,
      verify: (keys) => {
        if (isFirst) pipeline.losses = { pin: 'new' };
        isFirst = false;
        return verify(keys);
      },
    },
    silentProgress,
  );
  expect(report.equal).toBe(true);
  expect(pipeline.emitted.map(({ reconciled }) => reconciled?.pinterest_data)).toEqual([
    undefined,
    'old',
    undefined,
  ]);
  expect(pipeline.losses).toEqual({ pin: 'new' });
});

test('more keys than a report names are asked for behind the last one, and the loss is made up for at the end', async () => {
  pipeline.losses = { pin: 'loss' };
  for (let key = 0; key < 60_002; key += 1) pipeline.differing.pin.add(`${key}`);
  pipeline.differing.geo.add('5');
  for (const key of ['0', '1']) pipeline.lasting.add(key);

  expect(await mend()).toMatchObject({ equal: false });

  expect(
    pipeline.calls.flatMap((call) => ('verify' in call ? [call.verify?.after] : [])).slice(0, 3),
  ).toEqual([undefined, { pinterest_data: '59999', geolocation_data: '5' }, undefined]);
  const sent = pipeline.emitted.filter(({ keys }) => keys !== undefined);
  expect(sent.map(({ reconciled }) => reconciled !== undefined)).toEqual([
    ...new Array(7).fill(false),
    true,
    false,
  ]);
  expect(sent.flatMap(({ keys }) => keys?.pinterest_data ?? [])).toHaveLength(60_002 + 2);
  expect([...pipeline.differing.pin]).toEqual(['0', '1']);
});

test('keys that the emitter has not come to yet are left to it', async () => {
  pipeline.checkpoint = { ...pipeline.checkpoint, pin: '100' };
  pipeline.differing.pin.add('99').add('100').add('101');
  expect(await mend()).toMatchObject({ equal: false });
  expect(pipeline.emitted.map(({ keys }) => keys?.pinterest_data)).toEqual([
    undefined,
    ['99'],
    undefined,
    undefined,
  ]);
});

test('ends when a round changes nothing, and says so', async () => {
  pipeline.lasting.add('3');
  pipeline.differing.pin.add('3').add('4');
  expect(await mend()).toMatchObject({ equal: false, streams: { pin: { missing: 1 } } });
  expect(pipeline.emitted).toHaveLength(5);
  expect(notes).toEqual(['Reading the keys again does not remove what still differs (1).']);
});

test('keys that begin to differ meanwhile get a round of their own', async () => {
  pipeline.differing.pin.add('3').add('4');
  pipeline.late = ['5'];
  expect(await mend()).toMatchObject({ equal: true });
});

test('differences without a key are no reason to send any', async () => {
  pipeline.unknownDeadLetters = 1;
  expect(await mend()).toMatchObject({ equal: false });
  expect(pipeline.emitted).toEqual([{}, {}]);
});

test('reads nothing again where the emitter does not catch up', async () => {
  pipeline.caughtUp = false;
  pipeline.differing.pin.add('3');
  expect(await mend()).toMatchObject({ equal: false });
  expect(pipeline.emitted).toEqual([{}]);
  expect(notes).toEqual(['The emitter does not catch up with the tables (fenced): no keys were read again.']);
});
