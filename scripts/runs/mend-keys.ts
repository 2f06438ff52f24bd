import type { EmitSummary } from '../../lambda/emitter/summary';
import { STREAMS } from '../../lambda/shared/streams';
import { MOST_KEYS } from '../../lambda/verifier/event';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';
import { grouped } from '../terminal/grouped';
import type { Progress } from '../terminal/progress';
import { keyEvents } from './key-events';
import type { MendablePipeline } from './mendable-pipeline';
import { untilCaughtUp } from './until-caught-up';

/** Maximum of rounds in which all differing keys are read again. */
const MOST_ROUNDS = 10;

/**
 * Makes the topics equal to their tables: lets the emitter catch up, asks the verifier which keys differ, and has the
 * emitter read these again, until nothing differs and no loss of changes is left, or a round has changed nothing.
 *
 * A round that is killed leaves topics that are nearer to their tables, and the losses noted.
 *
 * @returns the last report
 */
export async function mendKeys(pipeline: MendablePipeline, progress: Progress): Promise<VerificationReport> {
  let round = 0;
  let fewest = Number.POSITIVE_INFINITY;
  let after: KeysRequest['after'];
  for (;;) {
    const summary = await catchUp(pipeline, progress);
    const report = await pipeline.verify({ limit: MOST_KEYS, after });
    const { losses } = summary;
    if (report.equal && Object.keys(losses).length === 0) return withoutKeys(report);
    if (after === undefined) {
      const found = differencesOf(report);
      round += 1;
      if (!summary.caughtUp || found >= fewest || round > MOST_ROUNDS) {
        progress.note(
          summary.caughtUp
            ? `Reading the keys again does not remove what still differs (${grouped(found)}).`
            : `The emitter does not catch up with the tables (${summary.stopped}): no keys were read again.`,
        );
        return withoutKeys(report);
      }
      fewest = found;
      noteLosses(summary, progress);
    }
    const { events, keys, lastKeys } = keyEvents(report, summary);
    if (events.length > 0) await readAgain(pipeline, progress, { events, keys });
    after = lastKeys && { ...after, ...lastKeys };
  }
}

async function catchUp({ emit }: MendablePipeline, progress: Progress): Promise<EmitSummary> {
  const step = progress.step('Catching up with the tables');
  try {
    const summaries = await untilCaughtUp(1, () => emit({}));
    step.done();
    return summaries.at(-1) as EmitSummary;
  } catch (error) {
    step.failed();
    throw error;
  }
}

function noteLosses({ losses, changes }: EmitSummary, progress: Progress): void {
  for (const { name, table } of STREAMS) {
    if (losses[name] !== undefined) progress.note(`Changes of ${table} were lost: ${changes[name]}.`);
  }
}

async function readAgain(
  { emit }: MendablePipeline,
  progress: Progress,
  { events, keys }: Pick<ReturnType<typeof keyEvents>, 'events' | 'keys'>,
): Promise<void> {
  const step = progress.step(`Reading again ${grouped(keys)} keys that differ`, keys);
  try {
    for (const { event, keys: count } of events) {
      await emit(event);
      step.advance(count);
    }
    step.done();
  } catch (error) {
    step.failed();
    throw error;
  }
}

/** Number of everything that keeps a report from saying that all is equal. */
const differencesOf = ({ streams, unknownDeadLetters }: VerificationReport): number =>
  Object.values(streams).reduce(
    (sum, { missing, extra, changed, duplicate, strayDeadLetters }) =>
      sum + missing + extra + changed + duplicate + strayDeadLetters,
    unknownDeadLetters,
  );

/** The keys have served their purpose: a report for people does not list them. */
function withoutKeys(report: VerificationReport): VerificationReport {
  const streams = { ...report.streams };
  for (const { name } of STREAMS) {
    const { differing: _, ...others } = streams[name];
    streams[name] = others;
  }
  return { ...report, streams };
}
