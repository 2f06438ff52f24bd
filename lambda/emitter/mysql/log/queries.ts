import { EventKind, HEADER_BYTES, type LogEvent } from './events';
import { inflated } from './row-images';

/** A statement of the log. */
export interface LoggedStatement {
  /** The default database of its session, in lower case. */
  readonly schema: string;
  /** Its text; every byte is one character, since it may be in any character set. */
  readonly sql: string;
}

/** What follows the part of a query event that all have, when it is about a loaded file. */
const LOAD_BYTES = 13;

/** Reads the event of a statement. */
export function statementOf({ kind, bytes }: LogEvent): LoggedStatement {
  const schemaLength = bytes[HEADER_BYTES + 8] ?? 0;
  const fixed = HEADER_BYTES + 13 + (kind === EventKind.executeLoadQuery ? LOAD_BYTES : 0);
  const schemaAt = fixed + bytes.readUInt16LE(HEADER_BYTES + 11);
  const sql = bytes.subarray(schemaAt + schemaLength + 1);
  return {
    schema: bytes.toString('utf8', schemaAt, schemaAt + schemaLength).toLowerCase(),
    sql: (kind === EventKind.compressedQuery ? inflated(sql) : sql).toString('latin1'),
  };
}

/** Statements that are about the group that they are in. */
const XA = /^\s*XA (START|BEGIN|COMMIT|ROLLBACK) X'([0-9a-f]*)'\s*,\s*X'([0-9a-f]*)'\s*,\s*(\d+)/i;

/** Reads a statement about an XA transaction, with an id that is equal for equal ones. */
export function xaStatementOf(sql: string): { readonly verb: string; readonly xid: string } | undefined {
  const [, verb, global, branch, format] = XA.exec(sql) ?? [];
  if (verb === undefined) return undefined;
  return { verb: verb.toUpperCase(), xid: `${format}:${global}:${branch}`.toLowerCase() };
}

/**
 * The id of the XA transaction that an event of that kind prepares.
 *
 * @returns `undefined` for one that is committed at once.
 */
export function preparedXid({ bytes }: LogEvent): string | undefined {
  const isCommitted = bytes[HEADER_BYTES] === 1;
  if (isCommitted) return undefined;
  const globalLength = bytes.readUInt32LE(HEADER_BYTES + 5);
  const branchLength = bytes.readUInt32LE(HEADER_BYTES + 9);
  const at = HEADER_BYTES + 13;
  const global = bytes.toString('hex', at, at + globalLength);
  const branch = bytes.toString('hex', at + globalLength, at + globalLength + branchLength);
  return `${bytes.readUInt32LE(HEADER_BYTES + 1)}:${global}:${branch}`;
}
