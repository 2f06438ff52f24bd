import { lookupCodec } from 'kafkajs/src/protocol/message/compression';
import {
  type ProduceArguments,
  type ProduceDefinition,
  type ProduceRequest,
  requests,
} from 'kafkajs/src/protocol/requests';
import { RequestPart } from './one-broker-request';
import { EncodedRecords, type PartitionRecords, PregroupedMessages } from './pregrouped-messages';
import { BATCH_HEADER_BYTES, recordsBytes, writeBatchHeader, writeRecords } from './record-batch';

/**
 * Encodes requests of {@link PartitionRecords} in one pass into memory of the right size. The client's own encoder makes an
 * object and several copies of every record; all other requests are left to it.
 */
export function encodeInOnePass(): void {
  requests.Produce = onePassProduce(requests.Produce);
}

/** @param client how the client makes its requests */
export const onePassProduce = (client: ProduceDefinition): ProduceDefinition => ({
  versions: client.versions,
  protocol: ({ version }) => {
    const make = client.protocol({ version });
    return (argument) => {
      const made = make(argument);
      const own = ownRequest(made.request, argument);
      return own === undefined ? made : { ...made, request: own };
    };
  },
});

/** The first and the last version of the request with this body: https://kafka.apache.org/39/protocol.html#The_Messages_Produce */
const VERSIONS = { first: 3, last: 7 } as const;

function ownRequest(
  request: ProduceRequest,
  { topicData, ...argument }: ProduceArguments,
): ProduceRequest | undefined {
  const { apiVersion } = request;
  if (apiVersion < VERSIONS.first || apiVersion > VERSIONS.last) return undefined;
  const topics = topicData.map(({ topic, partitions }) => ({
    topic,
    batches: partitions.flatMap(({ messages, ...batch }) => {
      const records = recordsIn(messages);
      return records === undefined ? [] : { ...batch, records };
    }),
  }));
  const isOwn = topicData.every(({ partitions }, at) => partitions.length === topics[at]?.batches.length);
  if (!isOwn) return undefined;
  return {
    ...request,
    encode: async () => {
      const buffer = await encode(topics, argument);
      return { buf: buffer, buffer };
    },
  };
}

/** Records that are encoded here; `undefined` for those of anybody else. */
function recordsIn(messages: unknown): PartitionRecords | undefined {
  const records = messages instanceof RequestPart ? messages.records : messages;
  return records instanceof PregroupedMessages || records instanceof EncodedRecords ? records : undefined;
}

interface OwnTopic {
  readonly topic: string;
  readonly batches: readonly {
    readonly partition: number;
    readonly firstSequence?: number;
    readonly records: PartitionRecords;
  }[];
}

type Argument = Omit<ProduceArguments, 'topicData'>;

async function encode(topics: readonly OwnTopic[], argument: Argument): Promise<Buffer> {
  const { compression: codec = 0, transactionalId, producerId, producerEpoch = 0 } = argument;
  const header = {
    codec,
    isTransactional: transactionalId != null,
    producerId: BigInt(producerId?.toString() ?? -1),
    producerEpoch,
    timestamp: Date.now(),
  };
  const contents = new Map<PartitionRecords, Buffer>();
  for (const { records } of topics.flatMap(({ batches }) => batches))
    contents.set(records, await contentOf(records, codec));
  const request = Buffer.allocUnsafeSlow(requestBytes(topics, argument, contents));
  let at = writeText(request, transactionalId ?? undefined, 0);
  at = request.writeInt16BE(argument.acks, at);
  at = request.writeInt32BE(argument.timeout, at);
  at = request.writeInt32BE(topics.length, at);
  for (const { topic, batches } of topics) {
    at = writeText(request, topic, at);
    at = request.writeInt32BE(batches.length, at);
    for (const { partition, firstSequence = 0, records } of batches) {
      const content = contents.get(records) as Buffer;
      const batchBytes = BATCH_HEADER_BYTES + content.length;
      at = request.writeInt32BE(partition, at);
      at = request.writeInt32BE(batchBytes, at);
      content.copy(request, at + BATCH_HEADER_BYTES);
      const batch = request.subarray(at, at + batchBytes);
      writeBatchHeader(batch, records.length, { ...header, firstSequence });
      at += batchBytes;
    }
  }
  return request;
}

function requestBytes(
  topics: readonly OwnTopic[],
  { transactionalId }: Argument,
  contents: ReadonlyMap<PartitionRecords, Buffer>,
): number {
  const texts = [transactionalId ?? '', ...topics.map(({ topic }) => topic)];
  const textBytes = texts.reduce((sum, text) => sum + 2 + Buffer.byteLength(text), 0);
  const batchBytes = [...contents.values()].reduce(
    (sum, { length }) => sum + 8 + BATCH_HEADER_BYTES + length,
    0,
  );
  return textBytes + 10 + 4 * topics.length + batchBytes;
}

async function contentOf(records: PartitionRecords, codec: number): Promise<Buffer> {
  if (records instanceof EncodedRecords) return records.content;
  const content = Buffer.allocUnsafeSlow(recordsBytes(records));
  writeRecords(records, content, 0);
  return codec === 0 ? content : await lookupCodec(codec).compress({ buffer: content });
}

/** Writes a text, or that there is none. @returns where the next byte goes */
function writeText(request: Buffer, text: string | undefined, at: number): number {
  const begin = request.writeInt16BE(text === undefined ? -1 : Buffer.byteLength(text), at);
  return begin + request.write(text ?? '', begin);
}
