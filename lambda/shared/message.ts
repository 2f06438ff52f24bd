/** One record for a stream's topic. */
export interface Message {
  /** The row's key in decimal digits. */
  readonly key: string;
  /** The row as JSON, UTF-8. */
  readonly value: Buffer;
}

/** Maximum bytes of one message (key, value and framing), and of a single `send`. Kafka's default `max.message.bytes` is 1,048,588. */
export const MAX_MESSAGE_BYTES = 900_000;

/** The most that Kafka's record format v2 and its batch header add to a key and a value, in bytes. */
export const FRAMING_BYTES = 100;

/** The size of a message as part of a `send`, in bytes. */
export const messageBytes = (message: Message): number =>
  message.key.length + message.value.length + FRAMING_BYTES;
