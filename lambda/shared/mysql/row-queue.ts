import type { Connection, FieldPacket, Query } from 'mysql2';
import { UnreachableError } from '../errors';
import type { Row } from '../rows';

/** Bytes of a result that may wait here before the database is held back. */
export const HIGH_WATER_BYTES = 500_000;

/** Memory of a value besides its bytes: Node's Buffer object. In narrow tables that is most of it. */
const VALUE_OVERHEAD_BYTES = 100;

/** Timeout for the next row, in milliseconds; sorting a table without an index takes a while. */
export const READ_TIMEOUT_MS = 120_000;

/**
 * The result of one running query, in batches of whatever has arrived. It waits here in a bounded number of bytes; beyond
 * it the connection is paused, so that TCP holds back the server.
 *
 * The driver's own streams count rows instead of bytes, and do not hear of a lost connection.
 */
export abstract class ResultQueue<T> implements AsyncIterator<T, undefined> {
  /** Resolves when the database has accepted the query and described its columns. */
  readonly fields: Promise<readonly FieldPacket[]>;
  /** Whether the query still occupies its connection. */
  isActive = true;
  protected readonly query: Query;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private readonly described = Promise.withResolvers<readonly FieldPacket[]>();
  private readonly onError = (error: Error): void => this.end(error);

  constructor(
    protected readonly connection: Connection,
    sql: string,
    private readonly timeoutMs = READ_TIMEOUT_MS,
  ) {
    this.fields = this.described.promise;
    this.fields.catch(() => {});
    // A lost connection is told to the connection only, and before `query` returns if it was lost earlier; a refused
    // query is told to the query only.
    connection.on('error', this.onError);
    this.query = connection.query({ sql });
    this.query.on('error', this.onError);
    this.query.on('fields', this.described.resolve);
    this.query.on('end', () => this.end());
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    let value = this.take();
    if (value === undefined && this.isActive) {
      await this.arrival();
      value = this.take();
    }
    if (this.failure !== undefined) throw this.failure;
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  /** The query is over; with a failure, whoever asks for another row gets that. */
  end(failure?: Error): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.connection.off('error', this.onError);
    this.failure = failure;
    if (failure !== undefined) this.described.reject(failure);
    this.arrived();
  }

  /** Takes what has arrived, and lets the database go on; `undefined` for nothing. */
  protected abstract take(): T | undefined;

  /** Something has arrived. */
  protected arrived(): void {
    this.wake?.();
    this.wake = undefined;
  }

  private async arrival(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(() => {
        this.end(new UnreachableError(`The database sent no row for ${this.timeoutMs / 1000} s.`));
      }, this.timeoutMs);
    });
    clearTimeout(timer);
  }
}

/** The rows of one running query, as the driver has them. */
export class RowQueue extends ResultQueue<readonly Row[]> {
  private rows: Row[] = [];
  private bytes = 0;

  constructor(connection: Connection, sql: string, timeoutMs?: number) {
    super(connection, sql, timeoutMs);
    this.query.on('result', (row) => this.push(row as unknown as Row));
  }

  protected take(): readonly Row[] | undefined {
    const { rows } = this;
    if (rows.length === 0) return undefined;
    this.rows = [];
    this.bytes = 0;
    this.connection.resume();
    return rows;
  }

  private push(row: Row): void {
    this.rows.push(row);
    for (const value of row) this.bytes += (value?.length ?? 0) + VALUE_OVERHEAD_BYTES;
    if (this.bytes >= HIGH_WATER_BYTES) this.connection.pause();
    this.arrived();
  }
}
