import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import { STREAMS, type Stream } from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';

/** Maximum of keys of all tables in one event: of 19 digits each they are 220 KB, and Lambda takes events of 1 MB. */
const EVENT_KEYS = 10_000;

/** Events that make the emitter read the keys of a report again. */
export interface KeyEvents {
  readonly events: readonly { readonly event: EmitEvent; readonly keys: number }[];
  /** Number of keys in all events. */
  readonly keys: number;
  /** The last keys that the report names, where it does not name all: the others come behind these. */
  readonly lastKeys: KeysRequest['after'];
}

/**
 * Makes the events for the keys that a report names. Keys from the checkpoint on are left out: the emitter copies them
 * by itself. The very last event says which losses are made up for now, also where no key differs.
 *
 * @param summary of the run before the comparison
 */
export function keyEvents(
  { streams }: VerificationReport,
  { checkpoint, losses }: Pick<EmitSummary, 'checkpoint' | 'losses'>,
): KeyEvents {
  const keys = STREAMS.flatMap(({ name, table }) =>
    (streams[name].differing?.keys ?? [])
      .filter((key) => BigInt(key) < BigInt(checkpoint[name]))
      .map((key) => ({ table, key })),
  );
  const events: { event: EmitEvent; keys: number }[] = [];
  for (let from = 0; from < keys.length; from += EVENT_KEYS) {
    const page = keys.slice(from, from + EVENT_KEYS);
    events.push({ event: { keys: byTable(page) }, keys: page.length });
  }
  const hasMore = STREAMS.some(({ name }) => streams[name].differing?.hasMore);
  const reconciled = Object.fromEntries(
    STREAMS.flatMap(({ name, table }) => (losses[name] === undefined ? [] : [[table, losses[name]]])),
  );
  if (!hasMore && Object.keys(reconciled).length > 0) {
    const last = events.pop() ?? { event: { keys: {} }, keys: 0 };
    events.push({ ...last, event: { ...last.event, reconciled } });
  }
  return {
    events,
    keys: keys.length,
    lastKeys: hasMore
      ? Object.fromEntries(
          STREAMS.flatMap(({ name, table }) => {
            const last = streams[name].differing?.keys.at(-1);
            return last === undefined ? [] : [[table, last]];
          }),
        )
      : undefined,
  };
}

const byTable = (
  page: readonly { readonly table: Stream['table']; readonly key: string }[],
): NonNullable<EmitEvent['keys']> =>
  Object.fromEntries(
    [...Map.groupBy(page, ({ table }) => table)].map(([table, group]) => [
      table,
      group.map(({ key }) => key),
    ]),
  );
