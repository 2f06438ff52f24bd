import { reportText } from '../runs/report-text';
import { grouped } from '../terminal/grouped';
import type { CopyReport } from './copy';
import { shownValue } from './copy-text';
import type { ChangeCounts, ChangeRecord } from './follow-demonstration';

/** Result of following changes that were made to the tables. */
export interface FollowReport extends CopyReport {
  readonly counts: ChangeCounts;
  readonly examples: readonly ChangeRecord[];
}

const KINDS: Readonly<Record<ChangeRecord['kind'], string>> = {
  changed: 'changed',
  deleted: 'deleted',
  late: 'late key',
  added: 'new key',
};

/** Formats the second half of `npm start`. No line break at the end. */
export function followText({ counts, examples, followed, elapsedMs, verification }: FollowReport): string {
  return [
    '',
    `Then ${grouped(counts.changed)} posts were changed, ${grouped(counts.deleted)} deleted, ${grouped(counts.late)} inserted between the others and ${grouped(counts.added)} after them.`,
    `The next run read ${grouped(followed)} keys again, ${(elapsedMs / 1_000).toFixed(1)} s. One record of each kind:`,
    ...examples.map(({ kind, topic, partition, offset, key, value, op }) => {
      const header = op === undefined ? '    ' : `op=${op}`;
      const shown = value === 'null' ? '(no value: a tombstone)' : shownValue(value);
      return `  ${KINDS[kind].padEnd(8)}  ${header}  ${topic}[${partition}]@${offset}  ${key}  ${shown}`;
    }),
    '',
    reportText(verification),
  ].join('\n');
}
