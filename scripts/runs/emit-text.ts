import type { EmitSummary } from '../../lambda/emitter/summary';
import { STREAMS, topicOf } from '../../lambda/shared/streams';
import { grouped } from '../terminal/grouped';
import { textTable } from '../terminal/text-table';

/** Returns the last run of each shard, in the order of the shards. */
export const lastOfShards = (summaries: readonly EmitSummary[]): EmitSummary[] =>
  [...new Map(summaries.map((summary) => [summary.shard, summary])).values()].sort(
    (a, b) => a.shard - b.shard,
  );

/** Formats runs of the emitter for people. No line break at the end. */
export function emitText(summaries: readonly EmitSummary[]): string {
  const last = lastOfShards(summaries);
  const sum = (of: (summary: EmitSummary) => number, shard?: number): number =>
    summaries
      .filter((summary) => shard === undefined || summary.shard === shard)
      .reduce((total, summary) => total + of(summary), 0);
  const isSharded = last.length > 1;
  const rows = STREAMS.flatMap(({ name }) =>
    last.map(({ userId, shard, checkpoint, lagKeys }) => [
      topicOf(userId, name),
      ...(isSharded ? [`${shard}`] : []),
      grouped(sum(({ emitted }) => emitted[name], shard)),
      checkpoint[name],
      grouped(lagKeys[name]),
    ]),
  );
  const head = ['topic', ...(isSharded ? ['shard'] : []), 'rows emitted', 'next key', 'keys still to read'];
  // Shards run concurrently.
  const seconds = Math.max(...last.map(({ shard }) => sum(({ elapsedMs }) => elapsedMs, shard))) / 1_000;
  const runs = summaries.length === 1 ? '1 run' : `${summaries.length} runs`;
  const { stopped } = last.find(({ caughtUp }) => !caughtUp) ?? (last[0] as EmitSummary);
  const isDry = last.some(({ dryRun }) => dryRun);
  return [
    ...textTable([head, ...rows]),
    `${isDry ? 'Dry run, nothing was written. ' : ''}${STOPPED[stopped]} ${grouped(sum(({ deadLettered }) => deadLettered))} dead letters, ${runs}, ${seconds.toFixed(1)} s.`,
  ].join('\n');
}

const STOPPED: Readonly<Record<EmitSummary['stopped'], string>> = {
  'caught-up': 'Caught up with the tables.',
  limit: 'Stopped at the limit.',
  deadline: 'Stopped before the timeout of the function; the next run continues.',
  fenced: 'A newer run took over.',
};
