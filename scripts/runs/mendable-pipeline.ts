import type { EmitEvent } from '../../lambda/emitter/event';
import type { EmitSummary } from '../../lambda/emitter/summary';
import type { VerificationReport } from '../../lambda/verifier/report';
import type { KeysRequest } from '../../lambda/verifier/verify';

/** Pipeline whose emitter and verifier can be run from here. */
export interface MendablePipeline {
  readonly emit: (event: EmitEvent) => Promise<EmitSummary>;
  readonly verify: (keys?: KeysRequest) => Promise<VerificationReport>;
}
