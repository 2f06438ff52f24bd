import type { Checkpoint, TopicPublisher } from './ports';

/** Stands in for a publisher where nothing may be written: it starts at the checkpoint that Kafka has and forgets the rest. */
export class DryRunPublisher implements TopicPublisher {
  /** @param readCheckpoint reads the checkpoint without fencing a run that is under way */
  constructor(private readonly readCheckpoint: () => Promise<Checkpoint>) {}

  async open(): Promise<Checkpoint> {
    return await this.readCheckpoint();
  }

  async send(): Promise<void> {}

  async commit(): Promise<void> {}

  async discard(): Promise<void> {}
}
