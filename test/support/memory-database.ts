import type {
  ChangedKeys,
  ChangeLog,
  ChangesRequest,
  PackedTable,
  SnapshotPosition,
  TableReader,
  TableRows,
} from '../../lambda/emitter/ports';
import { LogLostError, LogRefusedError } from '../../lambda/shared/errors';
import { type PerStream, perStream, type Stream, type StreamName } from '../../lambda/shared/streams';
import { FaultSchedule, type MemoryRow, MemoryTables } from './in-memory';

/** A transaction in the log: the keys that it has changed; or why nobody can know them. */
interface Logged {
  readonly keys: PerStream<bigint[]>;
  readonly lost?: { readonly stream: StreamName; readonly reason: string };
}

/** A table as it was when a run began to read it. */
interface Snapshot {
  readonly tables: MemoryTables;
  readonly at: number;
}

const isKey = (key: bigint | null): key is bigint => key !== null && key >= 0n;

/** Three tables in memory with a log of their changes, whose positions are the numbers of its transactions. */
export class MemoryDatabase implements TableReader, ChangeLog {
  readonly tables: PerStream<MemoryRow[]> = perStream(() => []);
  /** Why changes cannot be followed, if they cannot. */
  refused: Exclude<SnapshotPosition, { gtid: string }> | undefined;
  /** Whether the login may read the log. */
  isReadable = true;
  private readonly log: Logged[] = [];
  /** Transactions that the log does not have any more. */
  private purged = 0;
  private readonly snapshots = new Map<StreamName, Snapshot>();
  private faults = new FaultSchedule();

  /**
   * @param keptKeys the most changed keys that one request gives
   * @param turn comes between any two requests, as writers do
   */
  constructor(
    private readonly keptKeys = 1_000,
    private readonly turn: () => Promise<void> = async () => {},
  ) {}

  /** Lets requests fail from here on. */
  failWith(faults: FaultSchedule): void {
    this.faults = faults;
  }

  /** Changes a table in one transaction: removes the rows that are picked, and adds others. */
  change({ name }: Stream, remove: (row: MemoryRow) => boolean, add: readonly MemoryRow[] = []): void {
    const removed = this.tables[name].filter(remove);
    this.tables[name] = [...this.tables[name].filter((row) => !remove(row)), ...add];
    const keys = [...removed, ...add].map(({ key }) => key).filter(isKey);
    this.log.push({ keys: perStream((stream) => (stream.name === name ? keys : [])) });
  }

  insert(stream: Stream, ...rows: MemoryRow[]): void {
    this.change(stream, () => false, rows);
  }

  /** Empties a table in a way that the log has no keys of. */
  truncate({ name, table }: Stream): void {
    this.tables[name] = [];
    this.log.push({ keys: perStream(() => []), lost: { stream: name, reason: `TRUNCATE ${table}` } });
  }

  /** Lets the log begin with what happens from here on. */
  purge(): void {
    this.purged = this.log.length;
  }

  async rowsFrom(stream: Stream, from: bigint, to?: bigint): Promise<PackedTable> {
    return await this.request(() => this.snapshotOf(stream).tables.rowsFrom(stream, from, to));
  }

  async unkeyedRows(stream: Stream): Promise<TableRows> {
    return await this.request(() => this.snapshotOf(stream).tables.unkeyedRows(stream));
  }

  async lastKey(stream: Stream): Promise<bigint | undefined> {
    return await this.request(() => this.snapshotOf(stream).tables.lastKey(stream));
  }

  async rowsWithKeys(stream: Stream, keys: BigUint64Array): Promise<TableRows> {
    return await this.request(() => this.snapshotOf(stream).tables.rowsWithKeys(stream, keys));
  }

  async snapshotPosition(stream: Stream): Promise<SnapshotPosition> {
    const { refused } = this;
    return await this.request(async () => refused ?? { gtid: `${this.snapshotOf(stream).at}` });
  }

  async originOf(): Promise<string> {
    return await this.request(async () => {
      if (!this.isReadable) throw new LogRefusedError('the login may not read the log');
      return 'memory';
    });
  }

  async changedKeys({ stream, since, from, to, enough }: ChangesRequest): Promise<ChangedKeys> {
    return await this.request(async () => {
      if (!this.isReadable) throw new LogRefusedError('the login may not read the log');
      const { at } = this.snapshotOf(stream);
      const begin = Number(since);
      const end = enough.aborted ? Math.min(at, begin + 1) : at;
      if (begin < this.purged) throw new LogLostError('the log is purged');
      const read = this.log.slice(begin, end);
      const lost = read.find((transaction) => transaction.lost?.stream === stream.name);
      if (lost !== undefined) throw new LogLostError(lost.lost?.reason ?? '');
      const keys = read.flatMap((transaction) => transaction.keys[stream.name]);
      const found = BigUint64Array.from(new Set(keys.filter((key) => key >= from && key < to))).sort();
      const kept = found.slice(0, this.keptKeys);
      const isWhole = kept.length === found.length;
      return {
        keys: kept,
        to: isWhole ? to : (kept.at(-1) as bigint) + 1n,
        gtid: `${end}`,
        origin: 'memory',
        behind: { seconds: 0, bytes: end - begin },
      };
    });
  }

  async close(): Promise<void> {
    this.snapshots.clear();
  }

  private async request<T>(answer: () => Promise<T>): Promise<T> {
    await this.turn();
    return await this.faults.apply(() => {
      const given = answer();
      given.catch(() => {});
      return given;
    });
  }

  private snapshotOf({ name }: Stream): Snapshot {
    const snapshot = this.snapshots.get(name) ?? {
      tables: new MemoryTables(perStream((stream) => [...this.tables[stream.name]])),
      at: this.log.length,
    };
    this.snapshots.set(name, snapshot);
    return snapshot;
  }
}
