import { hash } from 'node:crypto';

/**
 * Kinds of a column's value in a message: a number literal, a string, embedded JSON, bytes in base64, `null`; or
 * `absent`, when the message has no such member.
 */
export type ValueKind = 'number' | 'string' | 'json' | 'bytes' | 'null' | 'absent';

/** One column of one row or record. */
export interface Value {
  readonly kind: ValueKind;
  /**
   * The digits of a number, the characters of a string, JSON with one space behind each comma and colon between its
   * tokens and no other, bytes as hexadecimal digits in upper case; else empty.
   */
  readonly text: string;
}

/** The mark that begins a value of each kind in the canonical text. The database writes the same ones. */
export const MARKS: Record<ValueKind, string> = {
  number: '#',
  string: "'",
  json: '{',
  bytes: 'x',
  null: '~',
  absent: '-',
};

/** The value of SQL's NULL. */
export const NULL: Value = { kind: 'null', text: '' };

/** The value of a column that a message does not have. */
export const ABSENT: Value = { kind: 'absent', text: '' };

/**
 * One value in canonical text: its mark, its length in bytes of UTF-8, a colon, its text. Two sequences of values have
 * the same canonical text only if they are the same.
 */
export const canonicalText = ({ kind, text }: Value): string =>
  `${MARKS[kind]}${Buffer.byteLength(text)}:${text}`;

/** Hexadecimal digits of a fingerprint: 128 bits. */
export const FINGERPRINT_DIGITS = 32;

/** The fingerprint of a row or a record: the first 128 bits of the SHA-256 of its values' canonical texts, one after the other. */
export function fingerprintOf(values: readonly Value[]): string {
  let text = '';
  for (const value of values) text += canonicalText(value);
  return hash('sha256', text, 'hex').slice(0, FINGERPRINT_DIGITS);
}
