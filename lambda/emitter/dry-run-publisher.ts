import type { Checkpoint, TopicPublisher } from './ports';

/** What a dry run needs of the real publisher. */
export interface CheckpointReader extends Pick<TopicPublisher, 'rangeOf' | 'discard'> {
  /** Reads the checkpoint without fencing a run that is under way. */
  committedCheckpoint(): Promise<Checkpoint>;
}

/** Stands in for a publisher where nothing may be written: it starts at the checkpoint that Kafka has and forgets the rest. */
export class DryRunPublisher implements TopicPublisher {
  constructor(private readonly checkpoint: CheckpointReader) {}

  async open(): Promise<Checkpoint> {
    return await this.checkpoint.committedCheckpoint();
  }

  async send(): Promise<void> {}

  async commit(): Promise<void> {}

  async rangeOf(shard: number): Promise<Checkpoint> {
    return await this.checkpoint.rangeOf(shard);
  }

  async settled(): Promise<void> {}

  async discard(): Promise<void> {
    await this.checkpoint.discard();
  }
}
