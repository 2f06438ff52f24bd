import type { Connection, FieldPacket } from 'mysql2';
import { UnreachableError } from '../errors';
import type { Row } from '../rows';

/** Bytes of a result that may wait here before the database is held back. */
const HIGH_WATER_BYTES = 500_000;

/** Memory of a value besides its bytes: Node's Buffer object. In narrow tables that is most of it. */
const VALUE_OVERHEAD_BYTES = 100;

/** Timeout for the next row, in milliseconds; sorting a table without an index takes a while. */
export const READ_TIMEOUT_MS = 120_000;

/**
 * The rows of one running query. They wait here in a bounded number of bytes; beyond it the connection is paused, so
 * that TCP holds back the server.
 *
 * The driver's own streams count rows instead of bytes, and do not hear of a lost connection.
 */
export class RowQueue implements AsyncIterator<readonly Row[], undefined> {
  /** Resolves when the database has accepted the query and described its columns. */
  readonly fields: Promise<readonly FieldPacket[]>;
  /** Whether the query still occupies its connection. */
  isActive = true;
  private rows: Row[] = [];
  private bytes = 0;
  private failure: Error | undefined;
  private wake: () => void = () => {};
  private readonly described = Promise.withResolvers<readonly FieldPacket[]>();
  private readonly onError = (error: Error): void => this.end(error);

  constructor(
    private readonly connection: Connection,
    sql: string,
    private readonly timeoutMs = READ_TIMEOUT_MS,
  ) {
    this.fields = this.described.promise;
    this.fields.catch(() => {});
    // A lost connection is told to the connection only, and before `query` returns if it was lost earlier; a refused
    // query is told to the query only.
    connection.on('error', this.onError);
    const query = connection.query({ sql });
    query.on('error', this.onError);
    query.on('fields', this.described.resolve);
    query.on('result', (row) => this.push(row as unknown as Row));
    query.on('end', () => this.end());
  }

  async next(): Promise<IteratorResult<readonly Row[], undefined>> {
    if (this.rows.length === 0 && this.isActive) await this.arrival();
    if (this.failure !== undefined) throw this.failure;
    if (this.rows.length === 0) return { done: true, value: undefined };
    const value = this.rows;
    this.rows = [];
    this.bytes = 0;
    this.connection.resume();
    return { done: false, value };
  }

  /** The query is over; with a failure, whoever asks for another row gets that. */
  end(failure?: Error): void {
    if (!this.isActive) return;
    this.isActive = false;
    this.connection.off('error', this.onError);
    this.failure = failure;
    if (failure !== undefined) this.described.reject(failure);
    this.wake();
  }

  private push(row: Row): void {
    this.rows.push(row);
    for (const value of row) this.bytes += (value?.length ?? 0) + VALUE_OVERHEAD_BYTES;
    if (this.bytes >= HIGH_WATER_BYTES) this.connection.pause();
    this.wake();
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
