import { NOTHING_YET } from '../snapshot-position';
import { HEADER_BYTES } from './events';
import type { Group, LogProgress } from './progress';

/** Flags of a GTID event. https://mariadb.com/docs/server/reference/clientserver-protocol/replication-protocol/gtid_event */
const STANDALONE = 1;
const PREPARED_XA = 64;

/**
 * Progress in the log of MariaDB. A position is the last GTID of each domain: as the log has one order, everything that
 * is before it in the log, and nothing else, has been read.
 */
export class MariaDbProgress implements LogProgress {
  private readonly last: Map<string, string>;
  private readonly target: Map<string, string>;
  private next: { readonly domain: string; readonly gtid: string } | undefined;
  /** The positions before the transactions that are prepared, by their XID, in their order. */
  private readonly prepared = new Map<string, string>();

  constructor(since: string, target: string) {
    this.last = gtidsByDomain(since);
    this.target = gtidsByDomain(target);
  }

  get hasReached(): boolean {
    for (const [domain, gtid] of this.target) if (this.last.get(domain) !== gtid) return false;
    return true;
  }

  get isComplete(): boolean {
    return this.hasReached;
  }

  get position(): string {
    const [beforePrepared] = this.prepared.values();
    return beforePrepared ?? this.current();
  }

  begin(event: Buffer): Group {
    const domain = String(event.readUInt32LE(HEADER_BYTES + 8));
    const flags = event[HEADER_BYTES + 12] ?? 0;
    this.next = { domain, gtid: `${domain}-${event.readUInt32LE(5)}-${event.readBigUInt64LE(HEADER_BYTES)}` };
    return { isStandalone: (flags & STANDALONE) !== 0, isPrepare: (flags & PREPARED_XA) !== 0 };
  }

  end(): void {
    if (this.next !== undefined) this.last.set(this.next.domain, this.next.gtid);
    this.next = undefined;
  }

  prepare(xid: string): void {
    this.prepared.set(xid, this.current());
  }

  complete(xid: string): boolean {
    return this.prepared.delete(xid);
  }

  private current(): string {
    return [...this.last.values()].join(',') || NOTHING_YET;
  }
}

/** The GTIDs of a position by their domain. */
function gtidsByDomain(position: string): Map<string, string> {
  const gtids = position === NOTHING_YET ? [] : position.split(',');
  return new Map(gtids.map((gtid) => [gtid.slice(0, gtid.indexOf('-')), gtid]));
}
