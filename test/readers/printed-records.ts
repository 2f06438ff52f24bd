/** A record as a recipe has printed it. */
export interface ReadRecord {
  readonly key: string;
  /** The header `op`; empty where there is none. */
  readonly op: string;
  /** The row; `null` for a tombstone. */
  readonly row: Readonly<Record<string, unknown>> | null;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Records of the recipes that print JSON. */
export const recordsOfJson = (text: string): ReadRecord[] =>
  lines(text).map((line) => {
    const { key, op, row } = JSON.parse(line);
    if (key === undefined || op === undefined || row === undefined) throw new Error(`Not a record: ${line}`);
    return { key, op, row };
  });

/** Records of kcat's own JSON, in which headers are a list of names and values. */
export const recordsOfKcat = (text: string): ReadRecord[] =>
  lines(text).map((line) => {
    const { key, headers = [], payload } = JSON.parse(line);
    const at = headers.indexOf('op');
    return { key, op: at === -1 ? '' : headers[at + 1], row: JSON.parse(payload) };
  });

/** Records of Kafka's console consumer: headers, key and value with tabs between them. */
export const recordsOfConsole = (text: string): ReadRecord[] =>
  lines(text).map((line) => {
    const [headers = '', key = '', ...value] = line.split('\t');
    return { key, op: headers.match(/(?:^|,)op:(\w)/)?.[1] ?? '', row: JSON.parse(value.join('\t')) };
  });

/** Rows that a reader has in the end, in JSON: a tombstone clears its key, `u` replaces what it has, anything else is added. */
export function fold(records: readonly ReadRecord[]): string[] {
  const table = new Map<string, string[]>();
  for (const { key, op, row } of records) {
    if (row === null) table.delete(key);
    else table.set(key, [...(op === 'u' ? [] : (table.get(key) ?? [])), JSON.stringify(row)]);
  }
  return [...table.values()].flat().sort();
}
