import type { ChunkBounds } from './ports';

/** Size of a chunk in the making. */
export class ChunkSize {
  private rows = 0;
  private bytes = 0;

  get isEmpty(): boolean {
    return this.rows === 0;
  }

  /** Counts one row, or message about one. */
  add(bytes: number): void {
    this.rows += 1;
    this.bytes += bytes;
  }

  /** Between two keys a chunk ends when it is full; between rows of one key only when it is twice as full. */
  isFull(bounds: ChunkBounds, atBoundary: boolean): boolean {
    const share = Math.max(this.rows / bounds.rows, this.bytes / bounds.bytes);
    return share >= (atBoundary ? 1 : 2);
  }
}
