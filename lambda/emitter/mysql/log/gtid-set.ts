/** Numbers from the first to the last. */
type Interval = readonly [first: number, last: number];

/**
 * A set of MySQL's GTIDs: numbers of transactions by their source, which is the UUID of a server, or `uuid:tag`.
 *
 * https://dev.mysql.com/doc/refman/9.7/en/replication-gtids-concepts.html
 */
export class GtidSet {
  private constructor(private readonly sources: Map<string, Interval[]>) {}

  /** Reads the text of a set: `uuid:1-5:7:tag:1-3,uuid:…`. */
  static parse(text: string): GtidSet {
    const set = new GtidSet(new Map());
    for (const part of text.replaceAll(/\s/g, '').toLowerCase().split(',')) {
      const [uuid = '', ...rest] = part.split(':');
      let source = uuid;
      for (const item of rest) {
        const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(item) ?? [];
        if (first === undefined) source = `${uuid}:${item}`;
        else set.addAll(source, [Number(first), Number(last)]);
      }
    }
    return set;
  }

  copy(): GtidSet {
    return new GtidSet(new Map([...this.sources].map(([source, intervals]) => [source, [...intervals]])));
  }

  has(source: string, number: number): boolean {
    const intervals = this.sources.get(source) ?? [];
    return intervals.some(([first, last]) => first <= number && number <= last);
  }

  /** Adds a GTID. Returns whether it is new. */
  add(source: string, number: number): boolean {
    if (this.has(source, number)) return false;
    this.addAll(source, [number, number]);
    return true;
  }

  remove(source: string, number: number): void {
    const intervals = this.sources.get(source);
    const at = intervals?.findIndex(([first, last]) => first <= number && number <= last) ?? -1;
    const [first, last] = intervals?.[at] ?? [1, 0];
    if (intervals === undefined || first > last) return;
    const rest: Interval[] = [
      [first, number - 1],
      [number + 1, last],
    ];
    intervals.splice(at, 1, ...rest.filter(([from, to]) => from <= to));
    if (intervals.length === 0) this.sources.delete(source);
  }

  /** The number of GTIDs that are not in another set. */
  countWithout(other: GtidSet): number {
    let count = 0;
    for (const [source, intervals] of this.sources)
      for (const [first, last] of intervals) {
        count += last - first + 1;
        for (const [otherFirst, otherLast] of other.sources.get(source) ?? [])
          count -= Math.max(0, Math.min(last, otherLast) - Math.max(first, otherFirst) + 1);
      }
    return count;
  }

  /** The text of it, each source once; sources with a tag after the one without. */
  toString(): string {
    const parts = new Map<string, string[]>();
    for (const [source, intervals] of [...this.sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [uuid = '', tag] = source.split(':');
      const items = intervals.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
      parts.set(uuid, [...(parts.get(uuid) ?? []), ...(tag === undefined ? [] : [tag]), ...items]);
    }
    return [...parts].map(([uuid, items]) => [uuid, ...items].join(':')).join(',');
  }

  /** The bytes in which the server takes a set; with tags they are others. */
  encode(): Buffer {
    const isTagged = [...this.sources.keys()].some((source) => source.includes(':'));
    const count = BigInt(this.sources.size);
    const parts = [uint64(isTagged ? TAGGED | (count << 8n) : count)];
    for (const [source, intervals] of [...this.sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const [uuid = '', tag = ''] = source.split(':');
      parts.push(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
      // A length below 128 is one byte, shifted by the bit that says so.
      if (isTagged) parts.push(Buffer.from([tag.length << 1]), Buffer.from(tag));
      parts.push(uint64(BigInt(intervals.length)));
      for (const [first, last] of intervals) parts.push(uint64(BigInt(first)), uint64(BigInt(last) + 1n));
    }
    return Buffer.concat(parts);
  }

  /** Adds an interval; those of a source stay in order, and apart. */
  private addAll(source: string, [first, last]: Interval): void {
    const intervals = this.sources.get(source) ?? [];
    let from = first;
    let to = last;
    const apart = intervals.filter(([otherFirst, otherLast]) => {
      if (otherLast + 1 < from || otherFirst > to + 1) return true;
      from = Math.min(from, otherFirst);
      to = Math.max(to, otherLast);
      return false;
    });
    const at = apart.findIndex(([otherFirst]) => otherFirst > to);
    apart.splice(at < 0 ? apart.length : at, 0, [from, to]);
    this.sources.set(source, apart);
  }
}

/** The number of the format, which is in the first byte and in the last. */
const TAGGED = 0x01_00_00_00_00_00_00_01n;

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
