/** A record of a topic that follows a table. */
export interface FollowingRecord {
  readonly key: string;
  /** JSON of the row; `null` for a tombstone. */
  readonly value: string;
  /** How the record changes what a reader has of its key. @default a further row */
  readonly op?: string | undefined;
}

/**
 * Rows that a reader of a topic has in the end, as `key text`, sorted. This is the rule that the topics promise, written
 * a second time.
 *
 * @param column whose text is taken
 */
export function foldedTopic(records: Iterable<FollowingRecord>, column: string): string[] {
  const table = new Map<string, string[]>();
  for (const { key, value, op } of records) {
    const content: Record<string, unknown> | null = JSON.parse(value);
    if (content === null) {
      table.delete(key);
      continue;
    }
    const row = `${key} ${content[column]}`;
    table.set(key, op === 'u' ? [row] : [...(table.get(key) ?? []), row]);
  }
  return [...table.values()].flat().sort();
}
