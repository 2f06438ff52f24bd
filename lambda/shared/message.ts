/** One record for a stream's topic. */
export interface Message {
  /** The row's key in decimal digits. */
  readonly key: string;
  /** The row as JSON, UTF-8; `null` for a tombstone: the table has no row with this key any more. */
  readonly value: Buffer | null;
  /** Only of a record that follows a change of its key, or a dead letter in its place. @default none */
  readonly headers?: Partial<ChangeHeaders> | undefined;
}

/** The headers of a record that follows a change of its key. */
export type ChangeHeaders = {
  /** `d`: a tombstone, the rows of this key are gone. `u`: this is the only row of the key now. `r`: one more row of the key. */
  readonly op: 'd' | 'u' | 'r';
  /**
   * Position in the database's log of changes as of which the table was read: GTIDs. The newer record of a key has the
   * later position. Absent where the database keeps no log.
   */
  readonly gtid?: string;
  /** Of a record that an event has asked for: it may repeat, as of the same position, what the one before it says. */
  readonly asked?: 'yes';
};

/** Headers of everything that one reading of changed keys says, dead letters too. */
export type ReadingHeaders = Omit<ChangeHeaders, 'op'>;

/** Maximum bytes of one message (key, value and framing), and of a single `send`. Kafka's default `max.message.bytes` is 1,048,588. */
export const MAX_MESSAGE_BYTES = 900_000;

/** The most that Kafka's record format v2 and its batch header add to a key and a value, in bytes. */
export const FRAMING_BYTES = 100;

/** The size of a message as part of a `send`, in bytes. */
export const messageBytes = ({ key, value, headers }: Message): number =>
  key.length + (value?.length ?? 0) + FRAMING_BYTES + headersBytes(headers);

/** The names and values of the headers, and two lengths for each, in bytes. */
const headersBytes = (headers: Message['headers']): number =>
  headers === undefined
    ? 0
    : Object.entries(headers).reduce((sum, [name, value]) => sum + 6 + name.length + value.length, 0);
