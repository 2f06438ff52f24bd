import { settledAll } from '../../shared/settled-all';

/** Batches that may be on their way at the same time: while the brokers store one, the next one is encoded and sent. */
const MOST_BATCHES = 2;

/**
 * Deliveries of one transaction. Those to one place take place one after another, each after the one before was
 * acknowledged; those to several places concurrently. After a failure nothing more is delivered.
 */
export class Deliveries {
  /** The last delivery to each place. */
  private readonly last = new Map<number, Promise<void>>();
  private batches: Promise<unknown>[] = [];

  /** Adds a batch of deliveries by their places, and waits until there is room for the next batch. */
  async add(batch: readonly (readonly [place: number, deliver: () => Promise<void>])[]): Promise<void> {
    const deliveries = batch.map(([place, deliver]) => {
      const delivery = (this.last.get(place) ?? Promise.resolve()).then(deliver);
      this.last.set(place, delivery);
      return delivery;
    });
    const all = settledAll(deliveries);
    all.catch(() => {});
    this.batches.push(all);
    if (this.batches.length < MOST_BATCHES) return;
    const [eldest, ...others] = this.batches;
    this.batches = others;
    try {
      await eldest;
    } catch (error) {
      // None may be still at work when the transaction is aborted.
      await Promise.allSettled(others);
      throw error;
    }
  }

  /** Waits for all deliveries. */
  async settled(): Promise<void> {
    const { batches } = this;
    this.batches = [];
    await settledAll(batches);
  }
}
