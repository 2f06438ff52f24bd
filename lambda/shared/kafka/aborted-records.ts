/** A record as kafkajs has decoded it from a broker's answer. */
export interface FetchedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Whether it is no record but the marker at the end of a transaction; kafkajs hands on none of these. */
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

/** A broker's answer to a fetch, as far as it is about one partition. */
export interface FetchedPartition {
  readonly messages: readonly FetchedRecord[];
  /** Transactions that were open at any of the messages, in no order; none in read_uncommitted. */
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
}

/** Second half of an abort marker's key. https://kafka.apache.org/39/documentation.html#controlbatch */
const ABORT = 0;

/** Makes every record of an aborted transaction one that kafkajs does not hand on, but counts. */
export function hideAborted(partition: FetchedPartition): void {
  const begun = [...(partition.abortedTransactions ?? [])].sort((a, b) =>
    Number(BigInt(a.firstOffset) - BigInt(b.firstOffset)),
  );
  if (begun.length === 0) return;
  const aborting = new Set<string>();
  for (const record of partition.messages) {
    while (begun[0] !== undefined && BigInt(begun[0].firstOffset) <= BigInt(record.offset)) {
      aborting.add(begun[0].producerId);
      begun.shift();
    }
    const { producerId, inTransaction } = record.batchContext;
    if (!inTransaction || !aborting.has(producerId)) continue;
    if (!record.isControlRecord) record.isControlRecord = true;
    else if (record.key?.readInt16BE(2) === ABORT) aborting.delete(producerId);
  }
  partition.abortedTransactions = [];
}

interface Broker {
  fetch(request: object): Promise<{
    readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
  }>;
}

/**
 * Works around a fault of kafkajs 2.2.4: where aborted transactions overlap, a consumer hands on some of their records:
 * it expects one to begin where the one before has ended (src/consumer/filterAbortedMessages.js). What it consumes can
 * be put right only between its broker and its consumer, before either is used.
 */
export function hideAbortedFromConsumers(): void {
  const { prototype } = require('kafkajs/src/broker') as { readonly prototype: Broker };
  const { fetch } = prototype;
  Object.assign(prototype, {
    fetch: async function (this: Broker, request: object) {
      const answer = await fetch.call(this, request);
      for (const { partitions } of answer.responses) partitions.forEach(hideAborted);
      return answer;
    },
  });
}
