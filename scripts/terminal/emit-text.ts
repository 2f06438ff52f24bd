import { STREAMS, topicOf } from '../../lambda/emitter/streams';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { textTable } from './text-table';

/** What runs of the emitter did, for people. No line break at the end. */
export function emitText(summaries: readonly EmitSummary[]): string {
  const last = summaries.at(-1) as EmitSummary;
  const sum = (of: (summary: EmitSummary) => number): number =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  const rows = STREAMS.map(({ name }) => [
    topicOf(last.userId, name),
    number(sum(({ emitted }) => emitted[name])),
    last.checkpoint[name],
    number(last.lagKeys[name]),
  ]);
  const seconds = (sum(({ elapsedMs }) => elapsedMs) / 1_000).toFixed(1);
  const runs = summaries.length === 1 ? '1 run' : `${summaries.length} runs`;
  return [
    ...textTable([['topic', 'rows emitted', 'next key', 'keys still to read'], ...rows]),
    `${last.dryRun ? 'Dry run, nothing was written. ' : ''}${STOPPED[last.stopped]} ${number(sum(({ deadLettered }) => deadLettered))} dead letters, ${runs}, ${seconds} s.`,
  ].join('\n');
}

const STOPPED: Readonly<Record<EmitSummary['stopped'], string>> = {
  'caught-up': 'Caught up with the tables.',
  limit: 'Stopped at the limit.',
  deadline: 'Stopped before the timeout of the function; the next run goes on.',
  fenced: 'A newer run took over.',
};

const number = (value: number): string => value.toLocaleString('en');
