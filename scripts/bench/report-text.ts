import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';
import { machineText } from './machine';
import { PARTIES } from './measurement';
import { distantTable, soakTable } from './network-tables';
import { type BenchReport, type Figures, type StartUpFigures, whyOnlyTrial } from './report';
import type { ReportTable } from './report-table';
import type { Spread } from './spread';
import { GUARANTEES, SUBJECTS } from './subject-names';

const HEADS = [
  'rows a table',
  'subject',
  'rows/s',
  'least to most',
  'seconds',
  'CPU s',
  'of Kafka',
  'of MariaDB',
  'MB',
  'of Kafka',
  'of MariaDB',
  'bytes kept a row',
  'when something fails',
];

const START_HEADS = [
  'rows a table',
  'loading the bundle',
  'first run, idle',
  'first commit',
  'idle run, warm',
];

/** The report for a terminal. */
export const reportText = (report: BenchReport): string =>
  textWith(report, ({ heads, rows, words }) => textTable([heads, ...rows], words));

/** The report for scripts/bench/README.md. */
export const reportMarkdown = (report: BenchReport): string => textWith(report, markdownTable);

function textWith(report: BenchReport, tableLines: (table: ReportTable) => readonly string[]): string {
  const blocks = tablesOf(report).flatMap((table) => [
    ...(table.title === undefined ? [] : [[table.title]]),
    tableLines(table),
    ...(table.remarks === undefined ? [] : [table.remarks]),
  ]);
  return [about(report), ...blocks].map((lines) => lines.join('\n')).join('\n\n');
}

function tablesOf(report: BenchReport): ReportTable[] {
  const { figures, startUp, distant, soak } = report;
  return [
    { heads: HEADS, rows: figures.map(cells), words: [1, HEADS.length - 1], remarks: remarks(report) },
    ...(startUp.length === 0
      ? []
      : [
          {
            title: 'The emitter, milliseconds:',
            heads: START_HEADS,
            rows: startUp.map(startCells),
            words: [],
          },
        ]),
    ...(distant === undefined ? [] : [distantTable(distant)]),
    ...(soak === undefined ? [] : [soakTable(soak)]),
  ];
}

function about(report: BenchReport): string[] {
  const { date, machine } = report;
  const trial = whyOnlyTrial(report);
  return [
    `Measured on ${date} on ${machineText(machine)}; MariaDB and a single broker of Kafka on the same machine.`,
    ...(trial === undefined ? [] : [`A trial, not to be compared or quoted: ${trial}.`]),
  ];
}

function remarks({ figures }: BenchReport): string[] {
  const rounds = [...new Set(figures.map((figure) => figure.rounds))];
  const steady = figures.findLast(({ steadyRowsPerSecond }) => steadyRowsPerSecond !== undefined);
  return [
    `Medians of ${rounds.join(' or ')} ${rounds.at(-1) === 1 ? 'round' : 'rounds'}. Rows are those of the three tables together; CPU seconds are per million of them; ` +
      "MB is the most memory that was resident at once; the bytes kept are those of Kafka's files, of one copy. Everything is counted from the start of its process; " +
      "the seconds of the loop, of Kafka's tool and of the warm emitter are those of the sending. " +
      'The limits are those of large tables: of small ones most is the warm-up of what measures them.',
    ...(figures.some(({ isExtrapolated }) => isExtrapolated)
      ? ['The loop (*) was stopped after a while: its seconds are extrapolated from its rate.']
      : []),
    ...(steady === undefined
      ? []
      : [
          `Debezium without its warm-up, from the first record to the last of ${grouped(steady.rows)} rows a table: ` +
            `${grouped(steady.steadyRowsPerSecond?.median ?? 0)} rows/s.`,
        ]),
  ];
}

const cells = (figures: Figures): string[] => [
  grouped(figures.rows),
  `${SUBJECTS[figures.subject]}${figures.isExtrapolated ? ' *' : ''}`,
  grouped(figures.rowsPerSecond.median),
  `${grouped(figures.rowsPerSecond.least)} to ${grouped(figures.rowsPerSecond.most)}`,
  grouped(figures.seconds.median, 1),
  ...PARTIES.map((party) => grouped(figures.cpuSecondsPerMillionRows[party].median, 1)),
  ...PARTIES.map((party) => grouped(figures.peakBytes[party].median / 1_000_000)),
  figures.storedBytesPerRow === undefined ? '' : grouped(figures.storedBytesPerRow.median),
  GUARANTEES[figures.subject],
];

const startCells = ({ rows, loadMs, firstRunMs, firstCommitMs, idleMs }: StartUpFigures): string[] => [
  grouped(rows),
  ...[loadMs, firstRunMs, firstCommitMs, idleMs].map((one: Spread) => grouped(one.median)),
];

const markdownTable = ({ heads, rows, words }: ReportTable): string[] =>
  [heads, heads.map((_, column) => (words.includes(column) ? '---' : '---:')), ...rows].map(
    (row) => `| ${row.join(' | ')} |`,
  );
