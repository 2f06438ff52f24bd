import type {
  Batch,
  Checkpoint,
  PackedTable,
  Position,
  SnapshotPosition,
  TableReader,
  TableRows,
  TopicPublisher,
} from '../../lambda/emitter/ports';
import { MOST_SHARDS } from '../../lambda/shared/environment';
import { CheckpointError, FencedError, UnreachableError } from '../../lambda/shared/errors';
import { LARGEST_KEY } from '../../lambda/shared/largest-key';
import type { Message } from '../../lambda/shared/message';
import type { Column, Row } from '../../lambda/shared/rows';

import {
  type PerStream,
  perStream,
  STREAMS,
  type Stream,
  type StreamName,
} from '../../lambda/shared/streams';
import { messagesOf, packed } from './packed-tables';

/** What becomes of a request: it is done; refused before it is done; or done, and the answer is lost. */
export type Fate = 'done' | 'refused' | 'answer-lost';

/** Deals out fates in order; everything is done once they are used up. */
export class FaultSchedule {
  constructor(private readonly fates: Fate[] = []) {}

  async apply<T>(effect: () => T): Promise<T> {
    const fate = this.fates.shift() ?? 'done';
    if (fate === 'refused') throw new UnreachableError('refused by the fault schedule');
    const result = effect();
    if (fate === 'answer-lost') throw new UnreachableError('answer lost by the fault schedule');
    return result;
  }
}

/** A row of a table in memory: its key, and one text column. */
export interface MemoryRow {
  readonly key: bigint | null;
  readonly text: string;
}

const COLUMNS: readonly Column[] = [
  { name: 'key', kind: 'number' },
  { name: 'text', kind: 'text' },
];

const isKeyed = ({ key }: MemoryRow): boolean => key !== null && key >= 0n && key <= LARGEST_KEY;

/** Bytes that no encoder accepts as text: `text: UNEMITTABLE` makes a row a dead letter. */
export const UNEMITTABLE = '\u0000not UTF-8';

const rowOf = ({ key, text }: MemoryRow): Row => [
  key === null ? null : Buffer.from(`${key}`),
  text === UNEMITTABLE ? Buffer.from([0xff]) : Buffer.from(text),
];

/** Three tables in memory, read in batches of `batchRows`. */
export class MemoryTables implements TableReader {
  closed = 0;

  constructor(
    readonly tables: PerStream<MemoryRow[]>,
    private readonly faults = new FaultSchedule(),
    private readonly batchRows = 3,
  ) {}

  async rowsFrom({ name }: Stream, from: bigint, to = LARGEST_KEY + 1n): Promise<PackedTable> {
    const rows = this.tables[name].filter(
      (row) => isKeyed(row) && (row.key as bigint) >= from && (row.key as bigint) < to,
    );
    rows.sort((a, b) => Number((a.key as bigint) - (b.key as bigint)));
    return await this.faults.apply(() => packed(this.rowsOf(rows)));
  }

  async unkeyedRows({ name }: Stream): Promise<TableRows> {
    return await this.faults.apply(() => this.rowsOf(this.tables[name].filter((row) => !isKeyed(row))));
  }

  async lastKey({ name }: Stream): Promise<bigint | undefined> {
    const keys = this.tables[name].filter(isKeyed).map(({ key }) => key as bigint);
    return keys.reduce<bigint | undefined>(
      (last, key) => (last === undefined || key > last ? key : last),
      undefined,
    );
  }

  async snapshotPosition(): Promise<SnapshotPosition> {
    return { refused: 'log', reason: 'memory keeps no log' };
  }

  async rowsWithKeys({ name }: Stream, keys: BigUint64Array): Promise<TableRows> {
    const rows = this.tables[name].filter(({ key }) => key !== null && keys.includes(key));
    rows.sort((a, b) => Number((a.key as bigint) - (b.key as bigint)));
    return await this.faults.apply(() => this.rowsOf(rows));
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  private rowsOf(rows: readonly MemoryRow[]): TableRows {
    let at = 0;
    const next = () =>
      this.faults.apply(() => {
        const value = rows.slice(at, at + this.batchRows).map(rowOf);
        at += this.batchRows;
        return value.length === 0
          ? ({ done: true, value: undefined } as const)
          : ({ done: false, value } as const);
      });
    return { columns: COLUMNS, keyIndex: 0, batches: { next } };
  }
}

/** A committed position that not everybody can see yet. */
interface UnseenPosition {
  readonly writer: number;
  readonly group: number;
  readonly stream: StreamName;
  readonly position: Position;
  /** Its place among all positions that were ever written. */
  readonly order: number;
}

/**
 * Kafka as far as transactions go: what consumers in read_committed see, and the committed offsets of every shard's
 * group. As in Kafka a commit may be answered before it can be seen; only who opens the same transactional id again
 * sees it for certain.
 */
export class MemoryKafka {
  readonly committed: PerStream<Message[]> & { deadLetters: Message[] } = {
    ...perStream(() => [] as Message[]),
    deadLetters: [],
  };
  transactions = 0;
  /** Streams of whose positions somebody else has written those of a group, by the shard that the group is of. */
  readonly foreign = new Map<number, Set<StreamName>>();
  /** Requests for what other shards have committed. */
  rangesRead = 0;
  readonly epochs = new Map<number, number>();
  private readonly groups = new Map<number, Partial<PerStream<{ position: Position; order: number }>>>();
  private unseen: UnseenPosition[] = [];
  private written = 0;

  constructor(
    /** Comes between any two requests, and between what is read in one. */
    readonly turn: () => Promise<void> = async () => {},
    /** Whether a commit of before can be seen now. */
    private readonly isSeen: () => boolean = () => true,
  ) {}

  producer(faults = new FaultSchedule(), shard = 0): MemoryPublisher {
    return new MemoryPublisher(this, faults, shard);
  }

  /** The primary's checkpoint. */
  get checkpoint(): Checkpoint {
    return this.positionsOf(0);
  }

  /** What can be seen of a group once everything can be seen. */
  positionsOf(group: number): Checkpoint {
    this.show(() => true);
    return perStream(({ name }) => this.positionOf(group, name));
  }

  /** One stream after another, as Kafka is asked for them. */
  async read(group: number, replaced: readonly StreamName[] = []): Promise<Checkpoint> {
    const positions: Partial<Checkpoint> = {};
    for (const { name } of STREAMS) {
      await this.turn();
      // The positions of a group can be seen all at once, those of several groups one after another.
      const seen = new Set([...new Set(this.unseen.map((one) => one.group))].filter(() => this.isSeen()));
      this.show((one) => seen.has(one.group));
      if (this.foreign.get(group)?.has(name) !== true) positions[name] = this.positionOf(group, name);
      else if (replaced.includes(name)) positions[name] = { nextKey: 0n, unkeyed: '', shards: MOST_SHARDS };
      else throw new CheckpointError(`somebody else wrote the position of ${name} in group ${group}`);
    }
    return positions as Checkpoint;
  }

  write(writer: number, group: number, positions: Partial<Checkpoint>): void {
    for (const { name: stream } of STREAMS) {
      const position = positions[stream];
      this.written += 1;
      if (position === undefined) continue;
      this.foreign.get(group)?.delete(stream);
      this.unseen.push({ writer, group, stream, position, order: this.written });
    }
  }

  /** Deletes the topic of a stream, and with it what every group knew of it, and creates it again. */
  recreateTopic({ name, table }: Stream): void {
    this.show(() => true);
    this.committed[name].length = 0;
    const others = this.committed.deadLetters.filter(({ value }) => JSON.parse(`${value}`).table !== table);
    this.committed.deadLetters.splice(0, Number.POSITIVE_INFINITY, ...others);
    for (const positions of this.groups.values()) delete positions[name];
  }

  /** Whatever a transactional id has committed can be seen from here on. */
  complete(writer: number): void {
    this.show((one) => one.writer === writer);
  }

  private show(isShown: (one: UnseenPosition) => boolean): void {
    for (const { group, stream, position, order } of this.unseen.filter(isShown)) {
      const positions = this.groups.get(group) ?? {};
      if ((positions[stream]?.order ?? 0) < order) positions[stream] = { position, order };
      this.groups.set(group, positions);
    }
    this.unseen = this.unseen.filter((one) => !isShown(one));
  }

  private positionOf(group: number, stream: StreamName): Position {
    return this.groups.get(group)?.[stream]?.position ?? { nextKey: 0n, unkeyed: '' };
  }
}

/** A transactional producer of {@link MemoryKafka}; it insists on being used as its port says. */
export class MemoryPublisher implements TopicPublisher {
  private epoch: number | undefined;
  private pending: Batch[] = [];

  constructor(
    private readonly kafka: MemoryKafka,
    private readonly faults: FaultSchedule,
    private readonly shard: number,
  ) {}

  async open(replaced?: readonly StreamName[]): Promise<Checkpoint> {
    this.pending = [];
    await this.guarded(() => {
      this.kafka.complete(this.shard);
      this.epoch = this.newestEpoch + 1;
      this.kafka.epochs.set(this.shard, this.epoch);
    });
    return await this.kafka.read(this.shard, replaced);
  }

  async rangeOf(shard: number, replaced?: readonly StreamName[]): Promise<Checkpoint> {
    this.mustBeOpen();
    this.kafka.rangesRead += 1;
    await this.guarded(() => {});
    return await this.kafka.read(shard, replaced);
  }

  async send(batch: Batch): Promise<void> {
    this.mustBeOpen();
    await this.guarded(() => {
      this.mustBeNewest();
      this.pending.push(batch);
    });
  }

  async commit(
    checkpoint: Partial<Checkpoint>,
    given: ReadonlyMap<number, Partial<Checkpoint>> = new Map(),
  ): Promise<void> {
    this.mustBeOpen();
    await this.guarded(() => {
      this.mustBeNewest();
      for (const { rows, messages, deadLetters } of this.pending) {
        perStream(({ name }) =>
          this.kafka.committed[name].push(...messagesOf(rows?.[name]), ...messages[name]),
        );
        this.kafka.committed.deadLetters.push(...deadLetters);
      }
      this.pending = [];
      this.kafka.write(this.shard, this.shard, checkpoint);
      for (const [shard, range] of given) this.kafka.write(this.shard, shard, range);
      this.kafka.transactions += 1;
    });
  }

  async awaitCommitVisible(): Promise<void> {}

  async discard(): Promise<void> {
    this.epoch = undefined;
    this.pending = [];
  }

  private get newestEpoch(): number {
    return this.kafka.epochs.get(this.shard) ?? 0;
  }

  private async guarded<T>(effect: () => T): Promise<T> {
    await this.kafka.turn();
    try {
      return await this.faults.apply(effect);
    } catch (error) {
      this.epoch = undefined;
      throw error;
    }
  }

  private mustBeOpen(): void {
    if (this.epoch === undefined) throw new Error('a publisher whose outcome is unknown was used again');
  }

  private mustBeNewest(): void {
    if (this.epoch !== this.newestEpoch) throw new FencedError('a newer run holds the transactional id');
  }
}
