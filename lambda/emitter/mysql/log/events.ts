import { crc32 } from 'node:zlib';
import { lost } from './lost';

/**
 * The kinds of events in a log.
 *
 * https://mariadb.com/docs/server/reference/clientserver-protocol/replication-protocol/2-binlog-event-header
 * https://github.com/mysql/mysql-server/blob/trunk/libs/mysql/binlog/event/binlog_event.h
 */
export const EventKind = {
  query: 2,
  stop: 3,
  rotate: 4,
  integerVariable: 5,
  random: 13,
  userVariable: 14,
  format: 15,
  xid: 16,
  executeLoadQuery: 18,
  tableMap: 19,
  incident: 26,
  heartbeat: 27,
  rowsQuery: 29,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  transactionContext: 36,
  viewChange: 37,
  xaPrepare: 38,
  partialUpdate: 39,
  transactionPayload: 40,
  heartbeatWithLongPosition: 41,
  taggedGtid: 42,
  annotateRows: 160,
  checkpoint: 161,
  mariaDbGtid: 162,
  gtidList: 163,
  startEncryption: 164,
  compressedQuery: 165,
} as const;

/** Kinds of events that change no row, or only prepare a statement whose own event follows. */
export const HARMLESS_KINDS: ReadonlySet<number> = new Set([
  EventKind.stop,
  EventKind.integerVariable,
  EventKind.random,
  EventKind.userVariable,
  EventKind.heartbeat,
  EventKind.heartbeatWithLongPosition,
  EventKind.rowsQuery,
  EventKind.previousGtids,
  EventKind.transactionContext,
  EventKind.viewChange,
  EventKind.annotateRows,
  EventKind.checkpoint,
  EventKind.gtidList,
  EventKind.startEncryption,
]);

/** Length of the header that every event begins with. */
export const HEADER_BYTES = 19;

const CHECKSUM_BYTES = 4;
const CRC32 = 1;

/** An event of a log, without its checksum. */
export interface LogEvent {
  readonly kind: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** The header and what follows it. */
  readonly bytes: Buffer;
}

/** Whether a reader that does not know the kind of an event may pass over it. */
export const isIgnorable = ({ bytes }: LogEvent): boolean => (bytes.readUInt16LE(17) & 0x80) !== 0;

/** Describes an event that has no checksum, or none any more. */
export const eventOf = (bytes: Buffer): LogEvent => ({
  kind: bytes[4] ?? 0,
  timestamp: bytes.readUInt32LE(0),
  bytes,
});

/** Verifies the checksums of the events of a log, which each of its files may have or not. */
export class ChecksummedEvents {
  private hasChecksums = false;

  /** @throws LogLostError when an event is not the one that was written. */
  verify(bytes: Buffer): LogEvent {
    if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(9) !== bytes.length)
      throw lost('an event of the log is cut short');
    const kind = bytes[4];
    if (kind === EventKind.format) this.hasChecksums = bytes[bytes.length - CHECKSUM_BYTES - 1] === CRC32;
    // The first one comes before it is known whether the file has checksums.
    if (kind === EventKind.rotate) return eventOf(isSound(bytes) ? withoutChecksum(bytes) : bytes);
    if (!this.hasChecksums) return eventOf(kind === EventKind.format ? withoutChecksum(bytes) : bytes);
    if (!isSound(bytes)) throw lost('an event of the log has a wrong checksum');
    return eventOf(withoutChecksum(bytes));
  }
}

const withoutChecksum = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - CHECKSUM_BYTES);

const isSound = (bytes: Buffer): boolean =>
  crc32(withoutChecksum(bytes)) === bytes.readUInt32LE(bytes.length - CHECKSUM_BYTES);

/** Reads an integer of 1 to 9 bytes, as the protocol has it. */
export function lengthEncoded(bytes: Buffer, at: number): readonly [value: number, next: number] {
  const first = bytes[at] ?? 0;
  if (first < 251) return [first, at + 1];
  if (first === 252) return [bytes.readUInt16LE(at + 1), at + 3];
  if (first === 253) return [bytes.readUIntLE(at + 1, 3), at + 4];
  return [Number(bytes.readBigUInt64LE(at + 1)), at + 9];
}
