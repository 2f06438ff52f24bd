import { CheckpointError } from '../../shared/errors';

/** Longest metadata that a message shows, in characters. */
const SHOWN_METADATA = 200;

/** The command that sets a checkpoint right. */
const MEND = 'npm run verify -- --mend';

/** The error about a committed offset that somebody else wrote. */
export const foreignOffsetError = (
  {
    group,
    topic,
    offset,
    metadata,
  }: {
    readonly group: string;
    readonly topic: string;
    readonly offset: string;
    readonly metadata: string | null;
  },
  reason: string,
): CheckpointError =>
  new CheckpointError(
    `The checkpoint is not the emitter's: in the consumer group ${group} the committed offset of topic ${topic} is ` +
      `${offset} with the metadata ${quoted(metadata ?? '')}: ${reason}. Continuing from there could lose or repeat ` +
      `rows, so nothing was emitted. "${MEND}" restores it from the topics.`,
  );

/** The error about a topic that has records and no checkpoint. */
export const lostCheckpointError = (group: string, topic: string): CheckpointError =>
  new CheckpointError(
    `The checkpoint is gone: the consumer group ${group} has no committed offset for topic ${topic}, which was ` +
      'written to before. The group was deleted or has expired, or another producer writes to the topic. Starting over ' +
      `would repeat rows, so nothing was emitted. "${MEND}" restores it from the topics.`,
  );

/** The error about a consumer that is a member of the emitter's group. */
export const liveMemberError = (
  group: string,
  { clientId, clientHost }: { readonly clientId: string; readonly clientHost: string },
): CheckpointError =>
  new CheckpointError(
    `The consumer group ${group}, which keeps the emitter's checkpoint, has a live member: the client ` +
      `${quoted(clientId)} at ${clientHost.replace(/^\//, '')}. It can move the checkpoint at any time, so nothing was ` +
      'emitted. Stop that consumer, or give it a group of its own.',
  );

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_METADATA ? `${text.slice(0, SHOWN_METADATA)}…` : text);
}
