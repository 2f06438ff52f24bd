import { FencedError, UnreachableError } from '../../lambda/emitter/errors';
import type { Column, Row } from '../../lambda/emitter/messages';
import type {
  Batch,
  Checkpoint,
  Message,
  TableReader,
  TableRows,
  TopicPublisher,
} from '../../lambda/emitter/ports';
import { LARGEST_KEY } from '../../lambda/emitter/ports';
import { type PerStream, perStream, type Stream } from '../../lambda/emitter/streams';

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

  async rowsFrom({ name }: Stream, from: bigint): Promise<TableRows> {
    const rows = this.tables[name].filter((row) => isKeyed(row) && (row.key as bigint) >= from);
    rows.sort((a, b) => Number((a.key as bigint) - (b.key as bigint)));
    return await this.faults.apply(() => this.rowsOf(rows));
  }

  async keylessRows({ name }: Stream): Promise<TableRows> {
    return await this.faults.apply(() => this.rowsOf(this.tables[name].filter((row) => !isKeyed(row))));
  }

  async lastKey({ name }: Stream): Promise<bigint | undefined> {
    const keys = this.tables[name].filter(isKeyed).map(({ key }) => key as bigint);
    return keys.reduce<bigint | undefined>(
      (last, key) => (last === undefined || key > last ? key : last),
      undefined,
    );
  }

  close(): void {
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

/** Kafka as far as transactions go: what consumers in read_committed see, and the committed offsets. */
export class MemoryKafka {
  readonly committed: PerStream<Message[]> & { deadLetters: Message[] } = {
    ...perStream(() => [] as Message[]),
    deadLetters: [],
  };
  checkpoint: Checkpoint = perStream(() => ({ nextKey: 0n, keyless: '' }));
  transactions = 0;
  epoch = 0;

  producer(faults = new FaultSchedule()): MemoryPublisher {
    return new MemoryPublisher(this, faults);
  }
}

/** A transactional producer of {@link MemoryKafka}; it insists on being used as its port says. */
export class MemoryPublisher implements TopicPublisher {
  private epoch: number | undefined;
  private pending: Batch[] = [];

  constructor(
    private readonly kafka: MemoryKafka,
    private readonly faults: FaultSchedule,
  ) {}

  async open(): Promise<Checkpoint> {
    this.pending = [];
    return await this.guarded(() => {
      this.kafka.epoch += 1;
      this.epoch = this.kafka.epoch;
      return this.kafka.checkpoint;
    });
  }

  async send(batch: Batch): Promise<void> {
    this.mustBeOpen();
    await this.guarded(() => {
      this.mustBeNewest();
      this.pending.push(batch);
    });
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.mustBeOpen();
    await this.guarded(() => {
      this.mustBeNewest();
      for (const { messages, deadLetters } of this.pending) {
        perStream(({ name }) => this.kafka.committed[name].push(...messages[name]));
        this.kafka.committed.deadLetters.push(...deadLetters);
      }
      this.pending = [];
      this.kafka.checkpoint = checkpoint;
      this.kafka.transactions += 1;
    });
  }

  async settled(): Promise<void> {}

  async discard(): Promise<void> {
    this.epoch = undefined;
    this.pending = [];
  }

  private async guarded<T>(effect: () => T): Promise<T> {
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
    if (this.epoch !== this.kafka.epoch) throw new FencedError('a newer run holds the transactional id');
  }
}
