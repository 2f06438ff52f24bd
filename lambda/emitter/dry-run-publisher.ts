import type { StreamName } from '../shared/streams';
import type { Checkpoint, TopicPublisher } from './ports';

/** The part of the real publisher that a dry run needs. */
export interface CheckpointReader extends Pick<TopicPublisher, 'rangeOf' | 'discard'> {
  /** Reads the checkpoint without fencing a running run. */
  committedCheckpoint(replaced?: readonly StreamName[]): Promise<Checkpoint>;
}

/** Stands in for a publisher where nothing may be written: it starts at the checkpoint that Kafka has and forgets the rest. */
export class DryRunPublisher implements TopicPublisher {
  constructor(private readonly checkpoint: CheckpointReader) {}

  async open(replaced?: readonly StreamName[]): Promise<Checkpoint> {
    return await this.checkpoint.committedCheckpoint(replaced);
  }

  async send(): Promise<void> {}

  async commit(): Promise<void> {}

  async rangeOf(shard: number, replaced?: readonly StreamName[]): Promise<Checkpoint> {
    return await this.checkpoint.rangeOf(shard, replaced);
  }

  async awaitCommitVisible(): Promise<void> {}

  async discard(): Promise<void> {
    await this.checkpoint.discard();
  }
}
