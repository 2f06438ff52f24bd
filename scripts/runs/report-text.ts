import type {
  Example,
  FollowedChanges,
  StreamReport,
  VerificationReport,
} from '../../lambda/verifier/report';
import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';

/** Formats a report for people: a table of numbers, the examples, and the verdict. No line break at the end. */
export function reportText({ equal, streams, unknownDeadLetters, elapsedMs }: VerificationReport): string {
  const reports = Object.values(streams);
  const lines = [
    ...textTable([HEADINGS, ...reports.map(cells)]),
    ...reports.flatMap(({ topic, changes }) =>
      changes === undefined ? [] : [`${topic}: ${changesText(changes)}`],
    ),
    ...reports.flatMap(({ topic, examples }) =>
      examples.map((example) => `${topic}: ${exampleText(example)}`),
    ),
  ];
  if (unknownDeadLetters > 0)
    lines.push(`${grouped(unknownDeadLetters)} dead letters match no row of these tables.`);
  const found = reports.reduce(
    (sum, report) => sum + report.missing + report.extra + report.changed + report.duplicate,
    0,
  );
  if (
    !equal &&
    found === 0 &&
    unknownDeadLetters === 0 &&
    reports.every(({ strayDeadLetters }) => strayDeadLetters === 0)
  ) {
    lines.push(
      'Table and topic differed at first and no longer do: something was written in the meantime. Verify again.',
    );
  }
  const rows = reports.reduce((sum, report) => sum + report.rows, 0);
  const deadLettered = reports.reduce((sum, report) => sum + report.deadLettered, 0);
  const aside = deadLettered > 0 ? `, ${grouped(deadLettered)} others are dead letters` : '';
  const verdict = equal
    ? `Equal: ${grouped(rows - deadLettered)} rows are in their topics once${aside}`
    : 'DIFFERENT';
  return [...lines, `${verdict} (${(elapsedMs / 1_000).toFixed(1)} s).`].join('\n');
}

const HEADINGS = [
  'topic',
  'rows',
  'records',
  'dead letters',
  'missing',
  'extra',
  'changed',
  'duplicate',
  'digest of table',
  'of topic',
];

const cells = (report: StreamReport): string[] => [
  report.topic,
  ...[report.rows, report.records].map((count) => grouped(count)),
  grouped(report.deadLettered) +
    (report.strayDeadLetters > 0 ? ` + ${grouped(report.strayDeadLetters)} stray` : ''),
  ...[report.missing, report.extra, report.changed, report.duplicate].map((count) => grouped(count)),
  report.digest.table,
  report.digest.topic,
];

const changesText = ({ keys, superseded, tombstones }: FollowedChanges): string =>
  `${grouped(keys)} keys follow changes, with ${grouped(tombstones)} tombstones and ${grouped(superseded)} records that newer ones replace`;

function exampleText(example: Example): string {
  const key = `key ${example.key}`;
  if (example.kind === 'missing') return `${key} is missing`;
  const place = `partition ${example.partition} offset ${example.offset}`;
  if (example.kind !== 'changed') return `${key} is ${example.kind} at ${place}`;
  return `${key} is changed at ${place}: ${example.column} is ${example.row} in the table and ${example.record} in the topic`;
}
