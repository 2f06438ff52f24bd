import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';
import { spreadOf } from './spread';

/** The emitter, measured once with brokers at a distance. */
export interface LatencyRound {
  /** Delay of each direction, in milliseconds. */
  readonly latencyMs: number;
  /** Rows of the three tables. */
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** From the start of the process to the first commit. */
  readonly firstCommitMs: number;
  readonly requests: number;
  /** Round trips in a row. */
  readonly roundTrips: number;
  /** Requests that a broker has refused. */
  readonly refused: number;
  /** Lines of the log above its ordinary ones. */
  readonly warnings: number;
}

/** Rows to which round trips are counted: those that were once one transaction. */
const COUNTED_ROWS = 8_000;

const HEADS = [
  'ms each way',
  'rows/s',
  'of no delay',
  'CPU µs a row',
  'MB',
  'first commit ms',
  `requests / ${grouped(COUNTED_ROWS)} rows`,
  'round trips in a row',
  'refused',
  'warnings',
];

/** The emitter at each latency as a table of medians, for a terminal. */
export function latencyText(rounds: readonly LatencyRound[]): string {
  const latencies = [...new Set(rounds.map(({ latencyMs }) => latencyMs))].toSorted((a, b) => a - b);
  const medianAt = (latency: number, figure: (round: LatencyRound) => number): number =>
    spreadOf(rounds.filter(({ latencyMs }) => latencyMs === latency).map(figure)).median;
  const rate = ({ records, seconds }: LatencyRound): number => records / seconds;
  const nearest = medianAt(latencies[0] ?? 0, rate);
  const lines = latencies.map((latency) => {
    const median = (figure: (round: LatencyRound) => number) => medianAt(latency, figure);
    const each = (figure: (round: LatencyRound) => number) =>
      median((round) => (figure(round) / round.records) * COUNTED_ROWS);
    return [
      String(latency),
      grouped(median(rate)),
      grouped(median(rate) / nearest, 2),
      grouped(
        median(({ cpuSeconds, records }) => (cpuSeconds / records) * 1e6),
        2,
      ),
      grouped(median(({ peakBytes }) => peakBytes / 1e6)),
      grouped(median(({ firstCommitMs }) => firstCommitMs)),
      grouped(
        each(({ requests }) => requests),
        1,
      ),
      grouped(
        each(({ roundTrips }) => roundTrips),
        1,
      ),
      grouped(median(({ refused }) => refused)),
      grouped(median(({ warnings }) => warnings)),
    ];
  });
  return textTable([HEADS, ...lines], []).join('\n');
}
