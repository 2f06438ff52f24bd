import { CompressionCodecs, CompressionTypes } from 'kafkajs';
import { TopicError } from '../errors';

/** A batch of records is compressed in a way that nobody here can decode. */
class UnreadableCodecError extends Error {
  constructor(readonly codec: string) {
    super(`The codec ${codec} is not known.`);
  }
}

interface FetchRequest {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number }[];
  }[];
}

interface Broker {
  fetch(request: FetchRequest): Promise<unknown>;
}

/**
 * Lets consumers fail at once, and say where, when they meet records in a codec that kafkajs 2.2.4 does not have: it
 * says "compression not implemented", and neither of which topic nor of which partition.
 */
export function nameUnreadableCodecs(): void {
  const { prototype } = require('kafkajs/src/broker') as { readonly prototype: Broker };
  if (PATCHED in prototype) return;
  for (const [type, codec] of [
    [CompressionTypes.Snappy, 'snappy'],
    [CompressionTypes.LZ4, 'lz4'],
  ] as const) {
    CompressionCodecs[type] = () => {
      throw new UnreadableCodecError(codec);
    };
  }
  const { fetch } = prototype;
  Object.assign(prototype, {
    [PATCHED]: true,
    fetch: async function (this: Broker, request: FetchRequest) {
      try {
        return await fetch.call(this, request);
      } catch (error) {
        if (error instanceof UnreadableCodecError) await nameIn(request, (one) => fetch.call(this, one));
        throw error;
      }
    },
  });
}

const PATCHED = Symbol('unreadable codecs are named');

/** An answer is about several partitions, and does not say at which of them decoding has failed: each is fetched again. */
async function nameIn(
  request: FetchRequest,
  fetch: (request: FetchRequest) => Promise<unknown>,
): Promise<void> {
  for (const { topic, partitions } of request.topics) {
    for (const partition of partitions) {
      try {
        await fetch({ ...request, topics: [{ topic, partitions: [partition] }] });
      } catch (error) {
        if (error instanceof UnreadableCodecError) throw unreadable(topic, partition.partition, error.codec);
      }
    }
  }
}

/** The client tries no error again that says of itself that it is not retriable. */
const unreadable = (topic: string, partition: number, codec: string): TopicError =>
  Object.assign(
    new TopicError(
      `Partition ${partition} of topic ${topic} holds records that are compressed with ${codec}, which cannot be decoded here: allowed: none, gzip, zstd. Another producer writes to the topic, or its compression.type was ${codec}.`,
    ),
    { retriable: false },
  );
