import type { FollowedTable } from '../followed-table';
import { ChangedRows } from './changed-rows';
import { ChecksummedEvents, EventKind, eventOf, HARMLESS_KINDS, isIgnorable, type LogEvent } from './events';
import type { KeySet } from './key-set';
import { lost } from './lost';
import { rotationOf } from './origin';
import type { Group, LogProgress } from './progress';
import { preparedXid, statementOf, xaStatementOf } from './queries';
import { ROWS_KINDS } from './row-images';
import { mayChange } from './statement';
import { unpackPayload } from './transaction-payload';

/** Dependencies of a reader. */
export interface LogReaderProps {
  readonly table: FollowedTable;
  readonly progress: LogProgress;
  readonly keys: KeySet;
  /** Told of each file of the log before it is read, and when it was begun; returns true to read no further. */
  readonly onFile: (file: string, created: number) => boolean;
  /** Whether reading ends between groups. */
  readonly isEnough: () => boolean;
  /** XA transactions that are looked for; then nothing but prepared ones are read. @default none */
  readonly wanted?: Set<string>;
}

/** A group that has begun and is not over. */
interface OpenGroup extends Group {
  isPrepare?: boolean | undefined;
  isStandalone?: boolean | undefined;
}

/** Reads a log event by event: what a group is, when it ends, and which keys of a table it changes. */
export class LogReader {
  /** Bytes that were read. */
  bytes = 0;
  /** Time of the first group, in seconds since 1970. */
  firstGroupAt: number | undefined;
  /** Transactions that were committed, and prepared before what was read. */
  readonly unknownXids = new Set<string>();
  private file = '';
  /** Whether it is known which log this is. */
  private hasBegun = false;
  private readonly events = new ChecksummedEvents();
  private readonly rows: ChangedRows;
  private group: OpenGroup | undefined;

  constructor(private readonly props: LogReaderProps) {
    this.rows = new ChangedRows(props.table, props.keys);
  }

  /** Whether reading may end here. */
  get isBetweenGroups(): boolean {
    return this.hasBegun && this.group === undefined;
  }

  /**
   * Reads one event; asynchronously, when it holds so much that it must not be in memory at once.
   *
   * @returns whether nothing more is to be read.
   * @throws LogLostError when it does not say which rows have changed.
   */
  read(bytes: Buffer): boolean | Promise<boolean> {
    this.bytes += bytes.length;
    const event = this.events.verify(bytes);
    if (event.kind === EventKind.rotate) this.file = rotationOf(event);
    if (event.kind === EventKind.format) {
      this.hasBegun = true;
      if (this.props.onFile(this.file, event.timestamp)) return true;
    }
    if (event.kind === EventKind.transactionPayload) {
      const unpacking = unpackPayload(event, (inner) => this.readGrouped(eventOf(inner)));
      if (unpacking !== undefined) return unpacking.then(() => this.isOver());
    } else this.readGrouped(event);
    return this.isOver();
  }

  private isOver(): boolean {
    return this.isBetweenGroups && (this.props.progress.isComplete || this.props.isEnough());
  }

  private readGrouped(event: LogEvent): void {
    const { kind, bytes } = event;
    switch (kind) {
      case EventKind.rotate:
      case EventKind.format:
        break;
      case EventKind.mariaDbGtid:
      case EventKind.gtid:
      case EventKind.taggedGtid:
        this.begin(event);
        break;
      case EventKind.query:
      case EventKind.compressedQuery:
      case EventKind.executeLoadQuery:
        this.readStatement(event);
        break;
      case EventKind.xid:
        this.end();
        break;
      case EventKind.xaPrepare:
        this.prepare(preparedXid(event));
        break;
      case EventKind.tableMap:
        if (this.isLookedAt) this.rows.readTableMap(bytes);
        break;
      case EventKind.anonymousGtid:
        throw lost('the log has transactions without a GTID');
      case EventKind.incident:
        throw lost('the server notes in its log that it has lost events');
      default:
        if (ROWS_KINDS.has(kind) || kind === EventKind.partialUpdate) {
          if (this.isLookedAt) this.rows.readRows(kind, bytes);
        } else if (!HARMLESS_KINDS.has(kind) && !isIgnorable(event))
          throw lost(`the log has an event of kind ${kind}, which is not known`);
    }
  }

  private get isLookedAt(): boolean {
    return this.props.wanted === undefined || this.group?.isPrepare === true;
  }

  private begin({ bytes, timestamp }: LogEvent): void {
    if (this.group !== undefined) throw lost('a transaction of the log has no end');
    this.firstGroupAt ??= timestamp;
    this.group = { ...this.props.progress.begin(bytes) };
  }

  private end(): void {
    this.props.progress.end();
    this.group = undefined;
    this.rows.forgetTables();
  }

  private prepare(xid: string | undefined): void {
    if (xid !== undefined) {
      this.props.progress.prepare(xid);
      this.props.wanted?.delete(xid);
    }
    this.end();
  }

  private readStatement(event: LogEvent): void {
    const statement = statementOf(event);
    const { sql } = statement;
    const { group } = this;
    const xa = xaStatementOf(sql);
    if (xa?.verb === 'COMMIT' || xa?.verb === 'ROLLBACK') {
      const isKnown = this.props.progress.complete(xa.xid);
      if (!isKnown && xa.verb === 'COMMIT' && this.props.wanted === undefined) this.unknownXids.add(xa.xid);
      this.end();
      return;
    }
    if (group !== undefined && xa !== undefined) group.isPrepare = true;
    const isBegin = xa !== undefined || /^\s*BEGIN\b/i.test(sql);
    if (group !== undefined) group.isStandalone ??= !isBegin;
    if (!isBegin && this.props.wanted === undefined && mayChange(sql, statement.schema, this.props.table))
      throw lost(`${this.props.table.name} was changed by a statement: ${beginningOf(sql)}`);
    if (group?.isStandalone === true || /^\s*(?:COMMIT|ROLLBACK)\s*(?:\/\*|$)/i.test(sql)) this.end();
  }
}

/** The first words of a statement, without values. */
const beginningOf = (sql: string): string =>
  (/^[\s(]*(?:\/\*[\s\S]*?\*\/\s*)*((?:[A-Za-z]+\s+){0,2}[A-Za-z]+)/.exec(sql)?.[1] ?? 'SQL').replaceAll(
    /\s+/g,
    ' ',
  );
