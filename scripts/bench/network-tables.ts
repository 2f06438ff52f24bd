import { grouped } from '../terminal/grouped';
import type { LatencyFigures } from './latency-figures';
import type { ReportTable } from './report-table';
import type { SoakFigures } from './soak-figures';
import { POSTS_A_SECOND } from './steady-writer';
import { GUARANTEES, SUBJECTS } from './subject-names';

/** Rows to which round trips are counted: those that were once one transaction. */
const COUNTED_ROWS = 8_000;

const HEADS = [
  'subject',
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
  'when something fails',
];

/** The subjects with brokers at a distance. */
export const distantTable = (figures: readonly LatencyFigures[]): ReportTable => ({
  title: `Three brokers at a distance, each record acknowledged by two of them; ${grouped(figures[0]?.rows ?? 0)} rows a table, medians of ${figures[0]?.rounds} ${figures[0]?.rounds === 1 ? 'round' : 'rounds'}:`,
  heads: HEADS,
  words: [0, HEADS.length - 1],
  rows: figures.map((one) => {
    const { subject, latencyMs, rows, rowsPerSecond, cpuSecondsPerMillionRows, peakBytes, talk } = one;
    const nearest = figures.find((other) => other.subject === subject)?.rowsPerSecond.median ?? Number.NaN;
    const each = (count: number): string => grouped((count / (3 * rows)) * COUNTED_ROWS, 1);
    return [
      SUBJECTS[subject],
      String(latencyMs),
      grouped(rowsPerSecond.median),
      grouped(rowsPerSecond.median / nearest, 2),
      grouped(cpuSecondsPerMillionRows.median, 2),
      grouped(peakBytes.median / 1_000_000),
      ...(talk === undefined
        ? ['', '', '', '', '']
        : [
            grouped(talk.firstCommitMs.median),
            each(talk.requests.median),
            each(talk.roundTrips.median),
            grouped(talk.refused.median),
            grouped(talk.warnings.median),
          ]),
      GUARANTEES[subject],
    ];
  }),
});

const SOAK_HEADS = [
  'minutes',
  'inserted',
  'changed',
  'deleted',
  'runs',
  'ms to a reader: half',
  '95 %',
  '99 %',
  'all',
  'MB in each quarter',
];

/** The emitter under a steady load. */
export const soakTable = (soak: SoakFigures): ReportTable => ({
  title:
    `A steady load on three brokers, ${soak.latencyMs} ms each way: ${POSTS_A_SECOND.inserted} posts a second inserted, ` +
    `${POSTS_A_SECOND.changed} changed, ${POSTS_A_SECOND.deleted} deleted; each run of the emitter begins a second after the one before:`,
  heads: SOAK_HEADS,
  words: [],
  rows: [
    [
      ...[soak.minutes, soak.inserted, soak.changed, soak.deleted, soak.runs].map((count) => grouped(count)),
      ...[soak.lagMs.p50, soak.lagMs.p95, soak.lagMs.p99, soak.lagMs.most].map((ms) => grouped(ms)),
      soak.residentBytes.map((bytes) => grouped(bytes / 1_000_000)).join(', '),
    ],
  ],
  remarks: [
    'The time is from the commit in the database to a reader in read_committed. On AWS the schedule adds its own interval.',
  ],
});
