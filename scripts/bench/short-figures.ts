import { grouped } from '../terminal/grouped';
import { sizeToShow } from './charts';
import { machineText } from './machine';
import type { BenchReport, Figures } from './report';
import { SUBJECTS, type SubjectName } from './subject-names';

/** Subjects of the front page. */
const SHOWN: readonly SubjectName[] = ['emitter-cold', 'debezium'];

/** The report in a few lines, for the front page: the figures of the bars in words. */
export function shortFigures({ date, machine, figures }: BenchReport): string {
  const rows = sizeToShow(figures);
  const shown = SHOWN.flatMap((name) =>
    figures.filter(({ subject, rows: size }) => subject === name && size === rows),
  );
  return [
    `${grouped(rows)} rows in each of three tables, measured on ${date} on ${machineText(machine)}:`,
    '',
    ...shown.map(figuresText),
  ].join('\n');
}

const figuresText = ({ subject, rowsPerSecond, cpuSecondsPerMillionRows, peakBytes }: Figures): string =>
  `- ${SUBJECTS[subject]}: ${grouped(rowsPerSecond.median)} rows/s, ` +
  `${grouped(cpuSecondsPerMillionRows.own.median, 1)} s of CPU per million rows, ` +
  `${grouped(peakBytes.own.median / 1_000_000)} MB of memory`;
