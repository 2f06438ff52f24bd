import { NOTHING_YET } from '../snapshot-position';
import { GtidSet } from './gtid-set';
import { type MysqlGtid, mysqlGtidOf } from './mysql-gtid';
import type { Group, LogProgress } from './progress';

/**
 * Progress in the log of MySQL. A position is a set of GTIDs: transactions may be in the log in another order than they
 * become visible in.
 *
 * The snapshot may hold more than its position says. So reading goes on behind it, up to the first transaction that was
 * committed after the snapshot was taken.
 */
export class MysqlProgress implements LogProgress {
  private readonly reached: GtidSet;
  private readonly target: GtidSet;
  private missing: number;
  private next: MysqlGtid | undefined;
  private isBehindSnapshot = false;
  /** The GTIDs of the transactions that are prepared, by their XID. */
  private readonly prepared = new Map<string, MysqlGtid>();

  constructor(
    since: string,
    target: string,
    private readonly takenAt: number,
  ) {
    this.reached = setOf(since);
    this.target = setOf(target);
    this.missing = this.target.countWithout(this.reached);
  }

  /** Whether the server of the snapshot knows everything that was read before. */
  static isAhead(since: string, target: string): boolean {
    return setOf(since).countWithout(setOf(target)) > 0;
  }

  get hasReached(): boolean {
    return this.missing === 0;
  }

  get isComplete(): boolean {
    return this.hasReached && this.isBehindSnapshot;
  }

  get position(): string {
    const position = this.reached.copy();
    for (const { source, number } of this.prepared.values()) position.remove(source, number);
    return position.toString() || NOTHING_YET;
  }

  begin(event: Buffer): Group {
    this.next = mysqlGtidOf(event);
    this.isBehindSnapshot = this.next.committedAt > this.takenAt;
    return {};
  }

  end(): void {
    const { next } = this;
    this.next = undefined;
    if (next === undefined || !this.target.has(next.source, next.number)) return;
    if (this.reached.add(next.source, next.number)) this.missing -= 1;
  }

  prepare(xid: string): void {
    if (this.next !== undefined) this.prepared.set(xid, this.next);
  }

  complete(xid: string): boolean {
    const isKnown = this.prepared.has(xid);
    // The snapshot may not hold yet what is not part of its position.
    if (this.next !== undefined && this.target.has(this.next.source, this.next.number))
      this.prepared.delete(xid);
    return isKnown;
  }
}

const setOf = (position: string): GtidSet => GtidSet.parse(position === NOTHING_YET ? '' : position);
