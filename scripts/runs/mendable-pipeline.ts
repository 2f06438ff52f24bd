import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { PerStream, Stream } from '../../lambda/shared/streams';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';

type PerTable<T> = Record<Stream['table'], T>;

/** Event that makes the emitter read keys again, and forget losses that this makes up for. */
export type MendEvent = EmitEvent & {
  readonly keys?: Partial<PerTable<readonly string[]>>;
  /** The losses, by their ids. */
  readonly reconciled?: Partial<PerTable<string>>;
};

/** Summary of a run, which says whether changes are followed. */
export type MendSummary = EmitSummary & {
  readonly changes?: PerStream<string>;
  /** Ids of the losses of changes that only a reconciliation makes up for. */
  readonly losses?: Partial<PerStream<string>>;
};

/** Pipeline whose emitter and verifier can be run from here. */
export interface MendablePipeline {
  readonly emit: (event: MendEvent) => Promise<MendSummary>;
  readonly verify: (keys?: KeysRequest) => Promise<VerificationReport>;
}
