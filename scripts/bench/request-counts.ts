/** Numbers of requests, and of answers that refuse one. https://kafka.apache.org/protocol#protocol_api_keys */
const API = { produce: 0, addPartitions: 24, addOffsets: 25, endTransaction: 26 } as const;

/** Start of the error code in the answer to a request: behind its length, its number and how long it was held up. */
const ERROR_OFFSET: ReadonlyMap<number, (answer: Buffer) => number> = new Map<
  number,
  (answer: Buffer) => number
>([
  // These answers list topics and partitions: the first partition's error stands for all of them.
  [API.produce, (answer) => 8 + 4 + 2 + answer.readInt16BE(12) + 4 + 4],
  [API.addPartitions, (answer) => 12 + 4 + 2 + answer.readInt16BE(16) + 4 + 4],
  [API.addOffsets, () => 12],
  [API.endTransaction, () => 12],
]);

/** Counts of the requests of a client. */
export interface RequestTotals {
  readonly requests: number;
  /** Round trips in a row: the longest chain of requests of which each was sent after the answer to the one before. */
  readonly roundTrips: number;
  /** Requests of transactions that a broker has refused. */
  readonly refused: number;
}

/** Counts requests as they pass by, and how many of them had to wait for one another. */
export class RequestCounts {
  private requests = 0;
  private depth = 0;
  private refused = 0;

  /** Takes the totals, and counts from zero again. */
  take(): RequestTotals {
    const { requests, depth: roundTrips, refused } = this;
    this.requests = 0;
    this.depth = 0;
    this.refused = 0;
    return { requests, roundTrips, refused };
  }

  /**
   * Notes a request.
   *
   * @returns notes the answer to it
   */
  sent(request: Buffer): (answer: Buffer) => void {
    this.requests += 1;
    const depth = this.depth + 1;
    const errorOffset = ERROR_OFFSET.get(request.readInt16BE(4));
    return (answer) => {
      this.depth = Math.max(this.depth, depth);
      const at = errorOffset?.(answer) ?? answer.length;
      if (at + 2 <= answer.length && answer.readInt16BE(at) !== 0) this.refused += 1;
    };
  }
}
