import { lookupCodec } from 'kafkajs/src/protocol/message/compression';
import {
  type ProduceArguments,
  type ProduceDefinition,
  type ProduceRequest,
  requests,
} from 'kafkajs/src/protocol/requests';
import { EncodedRecords, PregroupedMessages } from './pregrouped-messages';
import { BATCH_HEADER_BYTES, recordsBytes, writeBatchHeader, writeRecords } from './record-batch';

/**
 * Encodes requests that carry {@link PregroupedMessages} or {@link EncodedRecords} in one pass into memory of the right size. The client's own
 * encoder makes an object and several copies of every record; all other requests are left to it.
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
  const [data, ...others] = topicData.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, ...partition })),
  );
  const { apiVersion } = request;
  if (data === undefined || others.length > 0) return undefined;
  const messages: unknown = data.messages;
  if (!(messages instanceof PregroupedMessages || messages instanceof EncodedRecords)) return undefined;
  if (apiVersion < VERSIONS.first || apiVersion > VERSIONS.last) return undefined;
  return {
    ...request,
    encode: async () => {
      const buffer = await encode({ ...argument, ...data, messages });
      return { buf: buffer, buffer };
    },
  };
}

type OwnArguments = Omit<ProduceArguments, 'topicData'> & {
  readonly topic: string;
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: PregroupedMessages | EncodedRecords;
};

async function encode({ messages, ...argument }: OwnArguments): Promise<Buffer> {
  const {
    compression: codec = 0,
    transactionalId,
    producerId,
    producerEpoch = 0,
    firstSequence = 0,
  } = argument;
  const timestamp = Date.now();
  const head = headOf(argument);
  const begin = head.length + BATCH_HEADER_BYTES;
  const request = await withRecords(messages, begin, codec);
  head.copy(request);
  request.writeInt32BE(request.length - head.length, head.length - 4);
  writeBatchHeader(request.subarray(head.length), messages.length, {
    codec,
    isTransactional: transactionalId != null,
    producerId: BigInt(producerId?.toString() ?? -1),
    producerEpoch,
    firstSequence,
    timestamp,
  });
  return request;
}

/** Memory with the records from an index on. */
async function withRecords(
  messages: PregroupedMessages | EncodedRecords,
  begin: number,
  codec: number,
): Promise<Buffer> {
  const content = messages instanceof EncodedRecords ? messages.content : await contentOf(messages, codec);
  const memory = Buffer.allocUnsafeSlow(begin + content.length);
  content.copy(memory, begin);
  return memory;
}

async function contentOf(messages: PregroupedMessages, codec: number): Promise<Buffer> {
  const records = Buffer.allocUnsafeSlow(recordsBytes(messages));
  writeRecords(messages, records, 0);
  return codec === 0 ? records : await lookupCodec(codec).compress({ buffer: records });
}

/** All that stands before the batch. Its last four bytes are for the length of the batch. */
function headOf({
  transactionalId,
  acks,
  timeout,
  topic,
  partition,
}: Omit<OwnArguments, 'messages'>): Buffer {
  const id = transactionalId == null ? undefined : Buffer.from(transactionalId);
  const name = Buffer.from(topic);
  const head = Buffer.alloc(26 + (id?.length ?? 0) + name.length);
  let at = head.writeInt16BE(id?.length ?? -1);
  at += id?.copy(head, at) ?? 0;
  at = head.writeInt16BE(acks, at);
  at = head.writeInt32BE(timeout, at);
  at = head.writeInt32BE(1, at); // topics
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  at = head.writeInt32BE(1, at); // partitions
  head.writeInt32BE(partition, at);
  return head;
}
