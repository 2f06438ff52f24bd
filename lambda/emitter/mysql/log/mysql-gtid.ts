import { EventKind, HEADER_BYTES } from './events';
import { lost } from './lost';

/** The GTID of a transaction, with which its events begin. */
export interface MysqlGtid {
  /** As of GtidSet. */
  readonly source: string;
  readonly number: number;
  /** Time of its commit on the server whose log it is, in microseconds since 1970; 0 where it is not told. */
  readonly committedAt: number;
}

/** Reads the GTID of a transaction from its event. */
export function mysqlGtidOf(event: Buffer): MysqlGtid {
  const gtid = event[4] === EventKind.taggedGtid ? taggedGtid(event) : plainGtid(event);
  if (!Number.isSafeInteger(gtid.number)) throw lost('a transaction has a GTID that is too large');
  return gtid;
}

/** The time is in the lower 55 bits; the one above says whether another time follows. */
const TIME_BYTES = 7;
const TIME_BITS = (1n << 55n) - 1n;

/** Distance from the header to the time: flags, UUID, number, kind of clock, two times of that. */
const TIME_AT = 1 + 16 + 8 + 1 + 16;

function plainGtid(event: Buffer): MysqlGtid {
  const uuid = event.toString('hex', HEADER_BYTES + 1, HEADER_BYTES + 17);
  const timeAt = HEADER_BYTES + TIME_AT;
  const hasTime = event.length >= timeAt + TIME_BYTES;
  const time = hasTime
    ? BigInt(event.readUIntLE(timeAt, 4)) + (BigInt(event.readUIntLE(timeAt + 4, 3)) << 32n)
    : 0n;
  return {
    source: withDashes(uuid),
    number: Number(event.readBigUInt64LE(HEADER_BYTES + 17)),
    committedAt: Number(time & TIME_BITS),
  };
}

/** Fields of the event of a tagged GTID, of which only these are read; they come in this order. */
const Field = {
  flags: 0,
  uuid: 1,
  number: 2,
  tag: 3,
  lastCommitted: 4,
  sequence: 5,
  committedAt: 6,
} as const;

/**
 * Reads the event of a GTID with a tag: numbered fields of integers of variable length.
 *
 * https://dev.mysql.com/doc/dev/mysql-server/latest/PageLibsMysqlSerialization.html
 */
function taggedGtid(event: Buffer): MysqlGtid {
  let at = HEADER_BYTES;
  const next = (): bigint => {
    const [value, behind] = variableLength(event, at);
    at = behind;
    return value;
  };
  const signed = (): bigint => {
    const value = next();
    return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n;
  };
  // The version, the size, and the last field that must be understood.
  for (let skipped = 0; skipped < 3; skipped++) next();
  let uuid = '';
  let number = 0n;
  let tag = '';
  let committedAt = 0n;
  while (at < event.length) {
    const field = Number(next());
    if (field === Field.uuid) {
      for (let byte = 0; byte < 16; byte++) uuid += next().toString(16).padStart(2, '0');
    } else if (field === Field.number) number = signed();
    else if (field === Field.tag) {
      const length = Number(next());
      tag = event.toString('latin1', at, at + length);
      at += length;
    } else if (field === Field.committedAt) {
      committedAt = next();
      break;
    } else if (field === Field.flags) next();
    else signed();
  }
  const source = tag === '' ? withDashes(uuid) : `${withDashes(uuid)}:${tag}`;
  return { source, number: Number(number), committedAt: Number(committedAt) };
}

/** Reads an integer of variable length: the ones with which the first byte ends say how many bytes follow. */
export function variableLength(bytes: Buffer, at: number): readonly [value: bigint, next: number] {
  const first = bytes[at] ?? 0;
  let more = 0;
  while (((first >> more) & 1) === 1 && more < 8) more += 1;
  let value = BigInt(first >> (more + 1));
  const firstBits = Math.max(7 - more, 0);
  for (let byte = 1; byte <= more; byte++)
    value |= BigInt(bytes[at + byte] ?? 0) << BigInt(firstBits + 8 * (byte - 1));
  return [value, at + 1 + more];
}

const withDashes = (uuid: string): string =>
  uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
