import { reportText } from '../runs/report-text';
import { grouped } from '../terminal/grouped';
import type { CopyReport } from './copy';
import type { TopicRecord } from './first-records';

/** Characters of a record that are shown. */
const SHOWN_CHARACTERS = 150;

/** Cuts the value of a record to what fits a line. */
export const shownValue = (value: string): string =>
  value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;

/** Formats the result of `npm start`. No line break at the end. */
export function copyText(report: CopyReport, records: readonly TopicRecord[]): string {
  const seconds = (report.elapsedMs / 1000).toFixed(1);
  const megabytes = Math.round(report.peakMemoryBytes / 1_000_000);
  return [
    'The first records of each topic:',
    ...records.map(
      ({ topic, partition, offset, key, value }) =>
        `  ${topic}[${partition}]@${offset}  ${key}  ${shownValue(value)}`,
    ),
    '',
    reportText(report.verification),
    '',
    `${grouped(report.rows)} rows in ${seconds} s: ${grouped(report.rowsPerSecond)} rows/s, ` +
      `${report.deadLettered} dead letters, ${report.runs} run${report.runs === 1 ? '' : 's'} of the emitter, ${megabytes} MB of memory at most.`,
  ].join('\n');
}
