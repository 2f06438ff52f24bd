import { type EmitOutcome, emit } from '../../lambda/emitter/emit';
import { type EmitRequest, parseEvent } from '../../lambda/emitter/event';
import type { EmitParts } from '../../lambda/emitter/ports';

/** A signal that is never aborted. */
export const never = new AbortController().signal;

/** Request for everything that the tables have. */
export const everything: EmitRequest = parseEvent({}, undefined);

/** The dependencies of a run that a test cares about. */
export type GivenParts = Pick<EmitParts, 'reader' | 'publisherOf'> & Partial<EmitParts>;

/** One run without a deadline, which tells nobody of its progress and does not pause before it tries again. */
export async function emitWith(parts: GivenParts, request: EmitRequest = everything): Promise<EmitOutcome> {
  return await emit(request, {
    progress: { committed: () => {}, retrying: () => {} },
    sleep: async () => {},
    deadline: never,
    cutOff: never,
    ...parts,
  });
}
