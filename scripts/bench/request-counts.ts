/** Tells of an answer, behind its length and its number, whether it refuses anything. */
type Refusal = (body: Buffer) => boolean;

/** Finds an error among the partitions of an answer, which have so many bytes more behind it; the end may be cut off. */
const amongPartitions =
  (restOfPartition: number): Refusal =>
  (body) => {
    let at = 4;
    for (let topics = body.readInt32BE(0); topics > 0 && at + 2 <= body.length; topics--) {
      at += 2 + body.readInt16BE(at);
      let partitions = at + 4 <= body.length ? body.readInt32BE(at) : 0;
      for (at += 4; partitions > 0 && at + 6 <= body.length; partitions--) {
        if (body.readInt16BE(at + 4) !== 0) return true;
        at += 6 + restOfPartition;
      }
    }
    return false;
  };

/** The time for which the request was held up is before the rest. */
const HELD_UP_BYTES = 4;

const atOnce: Refusal = (body) => body.readInt16BE(HELD_UP_BYTES) !== 0;

/** Requests by their number and version, as kafkajs makes them: https://kafka.apache.org/39/protocol.html */
const REFUSALS: ReadonlyMap<string, Refusal> = new Map<string, Refusal>([
  ['0 7', amongPartitions(3 * 8)], // Produce
  ['24 0', (body) => amongPartitions(0)(body.subarray(HELD_UP_BYTES))], // AddPartitionsToTxn
  ['24 1', (body) => amongPartitions(0)(body.subarray(HELD_UP_BYTES))],
  ['25 0', atOnce], // AddOffsetsToTxn
  ['25 1', atOnce],
  ['26 0', atOnce], // EndTxn
  ['26 1', atOnce],
]);

/** Length and number of an answer. */
const ANSWER_HEADER_BYTES = 8;

/** Counts of the requests of a client. */
export interface RequestTotals {
  readonly requests: number;
  /** Round trips in a row: the longest chain of requests of which each was sent after the answer to the one before. */
  readonly roundTrips: number;
  /** Requests of the emitter's transactions that a broker has refused. */
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
    const isRefusal = REFUSALS.get(`${request.readInt16BE(4)} ${request.readInt16BE(6)}`);
    return (answer) => {
      this.depth = Math.max(this.depth, depth);
      if (isRefusal?.(answer.subarray(ANSWER_HEADER_BYTES)) === true) this.refused += 1;
    };
  }
}
